"""The erasure of an account is tracked until every service has sent its receipt."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from chassis.inbox.receiver import Outcome
from chassis.privacy.erasures import erase_due
from tests.factories import a_user, an_address
from users.commands import erasure
from users.commands.profile import delete_account
from users.domain.personal_data import RECEIPTS_KEPT, is_late
from users.models import ErasureReceipt, ErasureRequest, MailRequest

pytestmark = pytest.mark.django_db
SERVICES = tuple(settings.PERSONAL_DATA_SERVICES)
LIST = "/admin/users/users/erasurerequest/"


def a_report(user_id, service, **changed):
    done = {"erased": "all", "anonymized": "", "kept": "amounts", "erased_at": timezone.now()}
    return {"user_id": user_id, "service": service, **done, **changed}


@pytest.fixture
def gone():
    user = a_user()
    delete_account(user_id=user.id, now=timezone.now())
    return user.id


def test_an_erasure_is_finished_when_every_service_has_sent_its_receipt(gone, deliver, outbox):
    assert outbox.one("user.deleted.v1") == {"user_id": str(gone)}
    for service in SERVICES:
        assert ErasureRequest.objects.get().finished_at is None
        deliver("erasure.report.v1", a_report(gone, service), times=2)
    request = ErasureRequest.objects.get()
    assert request.finished_at
    assert request.ask_again_at is None
    assert ErasureReceipt.objects.count() == len(SERVICES)


def test_this_service_sends_a_receipt_like_all_others(gone, outbox):
    erase_due(now=timezone.now())
    receipt = outbox.one("erasure.report.v1")
    assert (receipt["service"], bool(receipt["erased_at"])) == ("users", True)


def test_a_service_that_does_not_answer_is_asked_again_and_again_less_often(gone, outbox):
    now = timezone.now()
    for minutes in (1, 6, 7, 16, 17):
        erasure.repeat_erasure_requests(now=now + timedelta(minutes=minutes))
    assert len(outbox.data("user.deleted.v1")) == 3
    assert ErasureRequest.objects.get().asks == 3


def test_a_service_that_waits_for_something_keeps_the_erasure_open(gone, deliver):
    for service in SERVICES[:-1]:
        deliver("erasure.report.v1", a_report(gone, service))
    deliver("erasure.report.v1", a_report(gone, "reviews", waits_for="an open order", erased_at=None))
    assert ErasureRequest.objects.get().finished_at is None
    deliver("erasure.report.v1", a_report(gone, "reviews"))
    assert ErasureRequest.objects.get().finished_at


def test_data_that_come_late_open_a_finished_erasure_again(gone, deliver):
    for service in SERVICES:
        deliver("erasure.report.v1", a_report(gone, service))
    deliver("erasure.report.v1", a_report(gone, "shipping", waits_for="a parcel", erased_at=None))
    request = ErasureRequest.objects.get()
    assert request.finished_at is None
    assert request.ask_again_at


def test_an_older_receipt_does_not_replace_a_newer_one(gone, deliver):
    now = timezone.now()
    deliver("erasure.report.v1", a_report(gone, "orders"), time=now)
    late = a_report(gone, "orders", waits_for="an open order", erased_at=None)
    deliver("erasure.report.v1", late, time=now - timedelta(minutes=1))
    assert ErasureReceipt.objects.get().waits_for == ""


def test_a_receipt_about_nobody_is_ignored(deliver):
    assert deliver("erasure.report.v1", a_report(uuid4(), "orders")) == [Outcome.DONE]
    assert not ErasureReceipt.objects.exists()


def test_a_receipt_may_say_more_than_we_read_and_one_that_says_less_is_kept_for_another_try(gone, deliver):
    assert deliver("erasure.report.v1", a_report(gone, "orders", new="field")) == [Outcome.DONE]
    assert deliver("erasure.report.v1", {"user_id": gone}) == [Outcome.FAILED]


def test_nothing_of_the_person_is_left_here(db):
    user = a_user()
    an_address(user)
    MailRequest.objects.create(purpose="reset", email_key=user.email_key, correlation_id="j", created_at=timezone.now())
    delete_account(user_id=user.id, now=timezone.now())
    assert not MailRequest.objects.exists()


def test_staff_see_who_is_waited_for_and_what_is_late(gone, deliver, staff):
    for service in SERVICES[:-2]:
        deliver("erasure.report.v1", a_report(gone, service))
    deliver("erasure.report.v1", a_report(gone, "notifications", waits_for="a mail on its way", erased_at=None))
    browser = staff()
    page = browser.get(LIST).content.decode()
    assert "5 of 7" in page
    assert "notifications: a mail on its way; reviews: no answer" in page
    one = browser.get(f"{LIST}{gone}/change/").content.decode()
    assert "a mail on its way" in one
    assert str(gone) in browser.get(LIST, {"q": str(gone)}).content.decode()


def test_an_erasure_is_late_an_hour_after_nobody_has_answered_or_a_month_after_it_waits():
    now = timezone.now()
    two_hours_ago, long_ago = now - timedelta(hours=2), now - timedelta(days=31)
    assert not is_late(requested_at=now, unanswered=True, now=now)
    assert is_late(requested_at=two_hours_ago, unanswered=True, now=now)
    assert not is_late(requested_at=two_hours_ago, unanswered=False, now=now)
    assert is_late(requested_at=long_ago, unanswered=False, now=now)


def test_staff_who_may_ask_all_services_again(gone, staff, outbox):
    outbox.clear()
    data = {"action": "ask", "_selected_action": [str(gone)]}
    staff(superuser=False, groups=("support",)).post(LIST, data)
    assert outbox.types() == []
    staff(superuser=False, groups=("operations",)).post(LIST, data)
    assert outbox.one("user.deleted.v1") == {"user_id": str(gone)}


def test_receipts_are_kept_for_years_and_not_for_ever(gone, deliver):
    now = timezone.now()
    for service in SERVICES:
        deliver("erasure.report.v1", a_report(gone, service))
    erasure.delete_old_receipts(now=now + RECEIPTS_KEPT - timedelta(days=1))
    assert ErasureRequest.objects.exists()
    erasure.delete_old_receipts(now=now + RECEIPTS_KEPT + timedelta(days=1))
    assert not ErasureRequest.objects.exists()
    assert not ErasureReceipt.objects.exists()
