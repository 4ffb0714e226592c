"""Staff see the target of a delivery, but no token that allows pushing to a device."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from notifications.domain.delivery import DeliveryState
from notifications.domain.notification_kind import Medium
from notifications.models import Delivery, Notification

pytestmark = pytest.mark.django_db
TOKEN = "fGh7:APA91b-a-push-token-of-a-telephone"
LIST = reverse("admin:notifications_delivery_changelist")


@pytest.fixture
def delivery(customer_id):
    notification = Notification.objects.create(
        user_id=customer_id,
        source="test",
        kind="welcome",
        category="account",
        title="Welcome",
        created_at=timezone.now(),
    )

    def made(medium, target):
        return Delivery.objects.create(
            message_id=str(uuid7()),
            notification=notification,
            user_id=customer_id,
            medium=medium,
            target=target,
            state=DeliveryState.PENDING,
            due_at=timezone.now(),
            created_at=timezone.now(),
            log=[{"at": "now", "what": f"no device has {target}"}],
        )

    return made


def test_no_page_shows_a_push_token(staff, delivery):
    row, browser = delivery(Medium.PUSH, TOKEN), staff()
    for url in (
        LIST,
        reverse("admin:notifications_delivery_change", args=[row.id]),
        reverse("admin:notifications_notification_change", args=[row.notification_id]),
    ):
        text = browser.get(url).content.decode()
        assert "a device" in text
        assert TOKEN not in text


def test_a_search_finds_addresses_but_no_push_tokens(staff, delivery):
    delivery(Medium.PUSH, TOKEN)
    mail, browser = delivery(Medium.EMAIL, "mira@example.com"), staff()
    assert list(browser.get(LIST, {"q": "mira@"}).context["cl"].queryset) == [mail]
    assert browser.get(LIST, {"q": TOKEN[:4]}).context["cl"].result_count == 0
    assert browser.get(LIST, {"q": TOKEN}).context["cl"].result_count == 0
    assert "mira@example.com" in browser.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("state", "shown"), [("refused", True), ("expired", True), ("sent", False), ("dropped", False)]
)
def test_a_mail_that_can_never_arrive_is_shown_to_staff_on_every_page(staff, delivery, state, shown):
    row, browser = delivery(Medium.EMAIL, "mira@gone.example"), staff()
    delivery(Medium.PUSH, TOKEN)
    Delivery.objects.filter(id=row.id).update(state=state, finished_at=timezone.now())
    Delivery.objects.filter(medium=Medium.PUSH).update(state="refused", finished_at=timezone.now())
    for page in (reverse("admin:index"), LIST):
        assert ("1 mail not delivered" in browser.get(page).content.decode()) is shown
    old = timezone.now() - timedelta(days=8)
    Delivery.objects.filter(id=row.id).update(finished_at=old)
    assert "not delivered" not in browser.get(LIST).content.decode()
