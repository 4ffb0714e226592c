"""The admin of reviews and reports."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from reviews import commands, queries
from reviews.models import Report, Review
from tests.factories import LINK, written

pytestmark = pytest.mark.django_db

LIST = "admin:reviews_review_changelist"


def act(browser, name, *rows, url=LIST):
    return browser.post(reverse(url), {"action": name, "_selected_action": [str(row.pk) for row in rows]})


def reported(review):
    commands.report_review(review_id=review.id, reporter_id=uuid4(), reason="spam", note="Look", now=timezone.now())
    return Report.objects.get(review=review)


def test_staff_approve_from_the_list_and_it_is_noted_who_did(staff):
    browser, one, two = staff(), written(words=LINK), written(words=LINK)
    assert act(browser, "approve", one, two).status_code == 302
    assert list(Review.objects.values_list("status", flat=True)) == ["published", "published"]
    assert LogEntry.objects.filter(object_id=str(one.id), change_message__contains="approved").count() == 1


def test_staff_reject_with_a_reason_from_the_list(staff):
    review = written()
    act(staff(), "reject_offensive", review)
    assert (Review.objects.get().status, Review.objects.get().rejection) == ("rejected", "offensive")
    assert queries.rating_of(review.product_id).count == 0


def test_staff_decide_on_the_page_of_a_review(staff):
    browser, review = staff(), written(words=LINK)
    page = browser.get(reverse("admin:reviews_review_change", args=[review.id]))
    assert page.status_code == 200
    approve = reverse("admin:reviews_review_approve_this", args=[review.id])
    reject = reverse("admin:reviews_review_reject_this", args=[review.id])
    assert browser.get(approve).status_code == 200
    assert Review.objects.get().status == "pending"  # opening the page decides nothing
    assert "HX-Redirect" in browser.post(approve, {"_form_submitted": "on"})
    assert Review.objects.get().status == "published"
    browser.post(reject, {"_form_submitted": "on", "reason": "boredom"})
    assert Review.objects.get().status == "published"
    browser.post(reject, {"_form_submitted": "on", "reason": "spam"})
    assert Review.objects.get().status == "rejected"


def test_staff_reply_and_change_nothing_else(staff):
    browser, review = staff(), written()
    reports = {"report_set-TOTAL_FORMS": 0, "report_set-INITIAL_FORMS": 0}
    change = reverse("admin:reviews_review_change", args=[review.id])
    answer = browser.post(change, {"reply": "Thank you.", "stars": 1, "text": "No", **reports})
    assert answer.status_code == 302
    row = Review.objects.get()
    assert (row.reply, row.stars, row.text) == ("Thank you.", review.stars, review.text)
    assert LogEntry.objects.count() == 1


def test_the_report_queue_keeps_or_rejects_the_review(staff):
    browser, kept, gone = staff(), written(), written()
    queue = "admin:reviews_report_changelist"
    keep, reject = reported(kept), reported(gone)
    assert browser.get(reverse(queue)).status_code == 200
    act(browser, "keep", keep, url=queue)
    act(browser, "reject_spam", reject, url=queue)
    assert Review.objects.get(id=kept.id).status == "published"
    assert Review.objects.get(id=gone.id).status == "rejected"
    assert not Report.objects.filter(settled_at=None).exists()


def test_an_action_reports_its_failures_and_does_the_rest(staff):
    withdrawn, held = written(), written(words=LINK)
    commands.withdraw_review(review_id=withdrawn.id, customer_id=withdrawn.customer_id, now=timezone.now())
    browser = staff()
    page = browser.post(
        reverse(LIST), {"action": "approve", "_selected_action": [str(withdrawn.id), str(held.id)]}, follow=True
    )
    assert b"has withdrawn" in page.content
    assert Review.objects.get(id=held.id).status == "published"


@pytest.mark.parametrize(("group", "may_judge"), [("support", True), ("catalog", False)])
def test_support_judges_and_the_catalog_team_reads(staff, group, may_judge):
    browser, review = staff(superuser=False, groups=[group]), written(words=LINK)
    assert browser.get(reverse(LIST)).status_code == 200
    act(browser, "approve", review)
    assert (Review.objects.get().status == "published") is may_judge
    dialog = reverse("admin:reviews_review_approve_this", args=[review.id])
    assert browser.get(dialog).status_code == (200 if may_judge else 403)
