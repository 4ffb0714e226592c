"""Valid objects and messages; a test overrides what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from notifications.models import Contact, Device

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def a_contact(user_id: UUID | None = None, **given: Any) -> Contact:
    values = {"email": "amira@example.com", "name": "Amira Khalil", "locale": "de-DE", "version": 1}
    return Contact.objects.create(
        user_id=user_id or uuid4(), **{**values, "email_verified": True, "updated_at": timezone.now(), **given}
    )


def a_device(user_id: UUID, token: str = "push-token-0001") -> Device:
    return Device.objects.create(user_id=user_id, token=token, platform="android", created_at=timezone.now())


def registered(user_id: UUID, **given: Any) -> dict[str, Any]:
    values = {"user_id": str(user_id), "email": "amira@example.com", "name": "Amira Khalil", "locale": "de-DE"}
    return {**values, **given}


def token_sent(user_id: UUID, token: str = "kq8Zr3vYw0b7Tn2XhPpQ", **given: Any) -> dict[str, Any]:
    soon = timezone.now() + timedelta(hours=2)
    sealed = settings.MAIL_SEAL.sealed(token)
    return {**registered(user_id), "sealed_token": sealed, "expires_at": soon.isoformat(), **given}


def order(customer_id: UUID, **given: Any) -> dict[str, Any]:
    return {"order_id": str(uuid4()), "number": "S-2026-004711", "customer_id": str(customer_id), **given}


LINE = {
    "product_id": "018f4d3e-7b1c-7c6e-9a1b-000000000001",
    "sku": "TEA-1",
    "name": "Mint tea",
    "quantity": 2,
    "unit_price": eur(129900),
    "line_total": eur(259800),
}
ADDRESS = {
    "name": "Amira Khalil",
    "line1": "Lindenstraße 12",
    "line2": "",
    "city": "Berlin",
    "postal_code": "10969",
    "region": "",
    "country": "DE",
    "phone": "+49301234567",
}


def confirmed(customer_id: UUID, **given: Any) -> dict[str, Any]:
    money = {"subtotal": eur(259800), "shipping": eur(490), "tax": eur(43382), "total": eur(260290)}
    values = {"lines": [LINE], "address": ADDRESS, "confirmed_at": "2026-03-04T12:00:00Z", **money}
    return order(customer_id, **{**values, **given})


def dispatched(customer_id: UUID, **given: Any) -> dict[str, Any]:
    values = {
        "carrier": "Falcon Post",
        "tracking_number": "FP3810",
        "tracking_url": "http://127.0.0.1:8080/sandbox/courier/track/FP3810/",
        "dispatched_at": "2026-03-05T08:00:00Z",
    }
    return order(customer_id, **{**values, **given})


def delivered(customer_id: UUID, **given: Any) -> dict[str, Any]:
    return order(customer_id, **{"lines": [LINE], "delivered_at": "2026-03-06T11:00:00Z", **given})


def canceled(customer_id: UUID, **given: Any) -> dict[str, Any]:
    values = {"reason": "out_of_stock", "message": "One of the things was sold out.", "refunded": None}
    return order(customer_id, **{**values, **given})


def a_parcel(customer_id: UUID, **given: Any) -> dict[str, Any]:
    values = {"carrier": "falcon-post", "tracking_number": "FP3810", "reason": "Nobody was at home three times."}
    return order(customer_id, **{**values, **given})


def refunded(customer_id: UUID, **given: Any) -> dict[str, Any]:
    values = {"amount": eur(1250), "refunded_total": eur(1250), "reason": "One cup was broken."}
    return order(customer_id, **{**values, **given})


def a_review(customer_id: UUID, **given: Any) -> dict[str, Any]:
    about = {"review_id": str(uuid4()), "product_id": str(uuid4()), "customer_id": str(customer_id)}
    return {**about, "product_name": "Mint tea", **given}


def progressed(customer_id: UUID, sequence: int = 1, **given: Any) -> dict[str, Any]:
    values = {
        "sequence": sequence,
        "status": "processing",
        "step": f"step-{sequence}",
        "message": "It goes on.",
        "occurred_at": NOON.isoformat(),
    }
    return order(customer_id, **{**values, **given})


def a_return(customer_id: UUID, **given: Any) -> dict[str, Any]:
    values = {
        "return_id": str(uuid4()),
        "lines": [{"sku": "TEA-1", "name": "Mint tea", "quantity": 1}],
        "refund": eur(129900),
        "label_url": "http://127.0.0.1:8080/sandbox/label.pdf",
        "message": "",
        "send_back_by": "2026-04-03T22:30:00Z",
    }
    return {**values, **order(customer_id), **given}


#: Every message that makes a notification, with its data, by the name of the kind.
MESSAGES = {
    "email_verification": ("user.verification_requested.v1", token_sent),
    "welcome": ("user.email_verified.v1", registered),
    "registration_attempted": ("user.registration_attempted.v1", registered),
    "password_reset": ("user.password_reset_requested.v1", token_sent),
    "staff_invited": ("user.staff_invited.v1", token_sent),
    "password_changed": ("user.password_changed.v1", registered),
    "session_replayed": ("user.session_replayed.v1", lambda user_id: registered(user_id, session_id=str(uuid4()))),
    "order_confirmed": ("order.confirmed.v1", confirmed),
    "payment_action_required": (
        "order.payment_action_required.v1",
        lambda user, **given: order(
            user,
            **{
                "action_url": "http://127.0.0.1:8080/sandbox/payments/challenges/1/",
                "expires_at": (timezone.now() + timedelta(hours=1)).isoformat(),
                **given,
            },
        ),
    ),
    "payment_declined": (
        "order.payment_declined.v1",
        lambda user, **given: order(
            user, **{"attempt": 1, "reason": "Insufficient funds.", "pay_until": "2026-03-04T13:00:00Z", **given}
        ),
    ),
    "order_dispatched": ("order.dispatched.v1", dispatched),
    "order_delivered": ("order.delivered.v1", delivered),
    "order_canceled": ("order.canceled.v1", canceled),
    "return_approved": ("return.approved.v1", a_return),
    "return_rejected": ("return.rejected.v1", a_return),
    "return_refunded": ("return.refunded.v1", a_return),
    "return_expired": ("return.expired.v1", a_return),
    "return_label_failed": ("return.label_failed.v1", a_return),
    "parcel_returned": ("order.parcel_returned.v1", a_parcel),
    "parcel_lost": ("order.parcel_lost.v1", a_parcel),
    "parcel_canceled": ("order.parcel_canceled.v1", a_parcel),
    "order_refunded": ("order.refunded.v1", refunded),
    "review_rejected": (
        "review.rejected.v1",
        lambda user, **given: a_review(user, **{"reason": "It is not about this product.", **given}),
    ),
    "review_answered": (
        "review.answered.v1",
        lambda user, **given: a_review(user, **{"reply": "Thank you, we enjoy it, too.", **given}),
    ),
}
