"""Each fact makes one notification for the right person, whatever the broker does."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import (
    MESSAGES,
    a_contact,
    a_device,
    a_parcel,
    a_return,
    confirmed,
    dispatched,
    eur,
    progressed,
    refunded,
    registered,
    token_sent,
)

from notifications.models import Contact, Delivery, Device, Notification, Preference, Update

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_fact_makes_one_notification_and_one_mail(kind, deliver, customer_id):
    type_, data = MESSAGES[kind]
    a_contact(customer_id)
    assert deliver(type_, data(customer_id)) == ["done"]
    notification = Notification.objects.get()
    assert (notification.kind, notification.user_id) == (kind, customer_id)
    assert [row.medium for row in notification.deliveries.all()] == ["email"]


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_that_comes_twice_is_told_once(kind, deliver, customer_id):
    type_, data = MESSAGES[kind]
    assert deliver(type_, data(customer_id), times=2) == ["done", "duplicate"]
    assert (Notification.objects.count(), Delivery.objects.count()) == (1, 1)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_fact_repeated_under_a_new_message_id_is_told_once(kind, deliver, customer_id):
    type_, data = MESSAGES[kind]
    fact, now = data(customer_id), timezone.now()
    deliver(type_, fact, time=now)
    assert deliver(type_, fact, time=now) == ["done"]
    assert (Notification.objects.count(), Delivery.objects.count()) == (1, 1)
    assert Update.objects.count() <= 1


@pytest.mark.parametrize("kind", MESSAGES)
def test_fields_that_nobody_reads_are_ignored(kind, deliver, customer_id):
    type_, data = MESSAGES[kind]
    assert deliver(type_, {**data(customer_id), "new_field": {"deep": [1]}}) == ["done"]


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_without_what_is_read_is_kept_and_does_nothing(kind, deliver, customer_id):
    type_, data = MESSAGES[kind]
    broken = data(customer_id)
    broken.pop("customer_id", None) or broken.pop("user_id")
    assert deliver(type_, broken, subject="x") == ["failed"]
    assert not Notification.objects.exists()


@pytest.mark.parametrize("kind", MESSAGES)
def test_nothing_is_told_to_a_deleted_account(kind, deliver, customer_id):
    type_, data = MESSAGES[kind]
    deliver("user.deleted.v1", {"user_id": str(customer_id)})
    assert deliver(type_, data(customer_id)) == ["done"]
    assert not Notification.objects.exists()
    assert not Update.objects.exists()
    assert Contact.objects.get().email == ""


def test_two_orders_are_two_mails(deliver, customer_id):
    deliver("order.confirmed.v1", confirmed(customer_id))
    deliver("order.confirmed.v1", confirmed(customer_id))
    assert Delivery.objects.count() == 2


def test_a_second_verification_mail_has_its_own_token(deliver, customer_id):
    deliver("user.verification_requested.v1", token_sent(customer_id, token="first-token-1"))
    deliver("user.verification_requested.v1", token_sent(customer_id, token="second-token-2"))
    assert Delivery.objects.count() == 2


def test_a_mail_with_a_token_goes_to_the_address_that_the_fact_names(deliver, customer_id):
    a_contact(customer_id, email="new@example.com")
    deliver("user.password_reset_requested.v1", token_sent(customer_id, email="proven@example.com"))
    assert Delivery.objects.get().target == "proven@example.com"


def test_a_token_stands_neither_in_a_link_nor_in_a_title(deliver, customer_id):
    deliver("user.verification_requested.v1", token_sent(customer_id, token="secret-token-1"))
    notification = Notification.objects.get()
    assert "secret-token-1" not in notification.link + notification.title + notification.body
    assert not notification.listed


def test_an_older_profile_does_not_overwrite_a_newer_one(deliver, customer_id):
    deliver("user.profile_changed.v1", registered(customer_id, email="new@example.com", phone="+491"), version=9)
    deliver("user.registered.v1", registered(customer_id, email="old@example.com"), version=3)
    contact = Contact.objects.get()
    assert (contact.email, contact.phone, contact.version) == ("new@example.com", "+491", 9)


def test_a_proof_of_the_mailbox_that_comes_before_the_registration_counts(deliver, customer_id):
    deliver("user.email_verified.v1", registered(customer_id), version=2)
    deliver("user.registered.v1", registered(customer_id), version=1)
    assert Contact.objects.get().email_verified


def test_a_new_address_has_to_be_proven_anew(deliver, customer_id):
    deliver("user.registered.v1", registered(customer_id), version=1)
    deliver("user.email_verified.v1", registered(customer_id), version=2)
    deliver("user.profile_changed.v1", registered(customer_id, email="other@example.com"), version=3)
    assert not Contact.objects.get().email_verified
    deliver("user.email_verified.v1", registered(customer_id), version=2)
    assert Contact.objects.get().email == "other@example.com"


def test_a_profile_that_comes_after_the_deletion_brings_nothing_back(deliver, customer_id):
    deliver("user.registered.v1", registered(customer_id), version=1)
    deliver("order.confirmed.v1", confirmed(customer_id))
    deliver("order.progressed.v1", progressed(customer_id))
    a_device(customer_id)
    deliver("user.deleted.v1", {"user_id": str(customer_id)}, version=5)
    deliver("user.profile_changed.v1", registered(customer_id), version=4)
    assert (Contact.objects.get().email, Contact.objects.get().name) == ("", "")
    assert not Notification.objects.exists()
    assert not Delivery.objects.exists()
    assert not Update.objects.exists()


def test_a_dispatched_parcel_goes_to_every_device_and_by_sms_to_those_who_asked(deliver, customer_id, api):
    a_contact(customer_id, phone="+491701234567")
    a_device(customer_id, "token-one-1")
    a_device(customer_id, "token-two-2")
    chosen = {"choices": [{"category": "orders", "medium": "sms", "enabled": True}]}
    assert api().put("/api/v1/notification-preferences/", chosen).status_code == 200
    deliver("order.dispatched.v1", dispatched(customer_id))
    rows = sorted(Delivery.objects.values_list("medium", "target"))
    assert rows == [("email", ""), ("push", "token-one-1"), ("push", "token-two-2"), ("sms", "+491701234567")]


def test_without_a_provider_no_sms_is_made(deliver, customer_id, api, settings):
    settings.SMS_PROVIDER = settings.PUSH_PROVIDER = "none"
    a_contact(customer_id, phone="+491701234567")
    a_device(customer_id)
    deliver("order.dispatched.v1", dispatched(customer_id))
    assert set(Delivery.objects.values_list("medium", flat=True)) == {"email"}


def test_a_strangers_order_is_told_to_nobody_else(deliver, customer_id, api):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(uuid4()))
    assert api().get("/api/v1/notifications/").json()["results"] == []


def test_an_account_is_claimed_by_the_holder_of_exactly_its_mailbox(deliver, customer_id):
    a_contact(customer_id, email="old@example.com")
    deliver("user.claim_requested.v1", token_sent(customer_id, email="New@example.com"))
    notification = Notification.objects.get()
    assert (notification.kind, Delivery.objects.get().target) == ("email_verification", "New@example.com")


@pytest.mark.parametrize("times", [1, 2])
def test_the_devices_and_choices_of_who_had_the_account_before_are_forgotten(times, deliver, customer_id):
    a_contact(customer_id)
    a_device(customer_id)
    others = a_device(uuid4(), token="push-token-of-somebody-else")
    now = timezone.now()
    Preference.objects.create(user_id=customer_id, category="orders", medium="sms", enabled=True, updated_at=now)
    deliver("user.claimed.v1", {"user_id": str(customer_id), "of_tomorrow": 1}, times=times)
    assert Device.objects.get() == others
    assert not Preference.objects.exists()


def test_every_parcel_of_an_order_is_told_of(deliver, customer_id):
    first = dispatched(customer_id)
    for parcel in (first, {**first, "tracking_number": "FP9999"}, first):
        deliver("order.dispatched.v1", parcel)
    assert sorted(Notification.objects.values_list("body", flat=True)) == [
        "Order S-2026-004711 is on its way. Falcon Post: FP3810",
        "Order S-2026-004711 is on its way. Falcon Post: FP9999",
    ]


@pytest.mark.parametrize("type_", ["order.parcel_returned.v1", "order.parcel_lost.v1", "order.parcel_canceled.v1"])
def test_the_fate_of_each_parcel_is_announced_by_mail_and_live(type_, deliver, customer_id):
    first = a_parcel(customer_id)
    for parcel in (first, {**first, "tracking_number": "FP9999"}):
        deliver(type_, parcel)
    assert Notification.objects.count() == 2
    assert set(Update.objects.values_list("type", flat=True)) == {type_.removesuffix(".v1")}


def test_another_label_for_a_return_is_told_again(deliver, customer_id):
    approved = a_return(customer_id)
    for fact in (approved, {**approved, "label_url": "http://127.0.0.1:8080/sandbox/other.pdf"}):
        deliver("return.approved.v1", fact)
    assert Notification.objects.count() == 2


def test_each_refund_is_told_with_its_own_amount_and_none_of_zero(deliver, customer_id):
    first = refunded(customer_id)
    deliver("order.refunded.v1", first)
    deliver("order.refunded.v1", {**first, "refunded_total": eur(2500)})
    deliver("order.refunded.v1", {**first, "amount": eur(0)})
    assert Notification.objects.count() == 2
    assert Notification.objects.first().body.endswith("One cup was broken.")


def test_a_return_of_nothing_is_told_by_no_mail_of_a_refund(deliver, customer_id):
    deliver("return.refunded.v1", a_return(customer_id, refund=eur(0)))
    assert not Notification.objects.exists()
