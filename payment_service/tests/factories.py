"""Valid objects and messages; a test overrides what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from chassis.core.money import Money
from chassis.work import leasing
from payments import commands, repository, work
from payments.domain import lifecycle
from payments.domain.order_payments import OrderPayments
from payments.domain.payment import Payment
from payments.domain.provider_calls import LeasedCall
from payments.domain.provider_payment import ProviderPayment, ProviderStatus
from payments.models import Payment as PaymentRow
from payments.models import ProviderCall
from sandbox.payments import processor

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
EUR = "EUR"


def eur(amount: int) -> Money:
    return Money(amount, EUR)


def a_payment(order_id: UUID | None = None, **given: Any) -> Payment:
    values: dict[str, Any] = {
        "id": uuid4(), "order_id": order_id or uuid4(), "attempt": 1, "customer_id": uuid4(), "number": "S-1001",
        "amount": eur(1999), "method": "card_ok", "provider": "sandbox", "expires_at": NOON + timedelta(minutes=30),
    }  # fmt: skip
    return Payment(**{**values, **given})


def an_order(*, requested: Payment | None = None) -> tuple[OrderPayments, Payment]:
    """Return an order whose first payment was requested, and that payment."""
    payment = requested or a_payment()
    order = OrderPayments(order_id=payment.order_id)
    lifecycle.request_authorization(order, payment)
    forget_effects(order)
    return order, payment


def forget_effects(order: OrderPayments) -> None:
    """Drop the effects, as the repository does when it saves the order and loads it again."""
    for effects in (order.messages, order.calls, order.entries, order.withdrawn):
        effects.clear()


def found(payment: Payment, status: ProviderStatus, **given: Any) -> ProviderPayment:
    """Return the provider's object of the payment."""
    captured = payment.amount.amount if status is ProviderStatus.CAPTURED else 0
    values: dict[str, Any] = {
        "id": "auth_1", "reference": str(payment.id), "status": status, "amount": payment.amount.amount,
        "currency": EUR, "captured": captured,
    }  # fmt: skip
    return ProviderPayment(**{**values, **given})


def authorize_message(order_id: UUID, **given: Any) -> dict[str, Any]:
    """Return the data of `payment.authorize.v1`."""
    values = {
        "order_id": order_id, "attempt": 1, "customer_id": uuid4(), "amount": eur(1999), "payment_method": "card_ok",
        "number": "S-1001", "expires_at": timezone.now() + timedelta(minutes=30),
    }  # fmt: skip
    return {**values, **given}


def request_authorization(order_id: UUID, **given: Any) -> None:
    message = authorize_message(order_id, **given)
    message["method"] = message.pop("payment_method")
    commands.authorize_payment(**message, now=timezone.now())


def make_all_calls(*, at: datetime | None = None) -> None:
    """Make the calls that are due, and those that they lead to, in this thread, now or at another time."""
    for _ in range(5):
        due = due_calls(at or timezone.now())
        for call_id in due:
            work.make_call.run(call_id, now=at)
        if not due:
            return


def due_calls(at: datetime) -> list[UUID]:
    """Return the ids of the calls that are due at that time, the longest due first."""
    due = leasing.due(work.make_call.unfinished(), at)
    return list(due.order_by("due_at").values_list("id", flat=True))


def process_all_webhooks() -> None:
    """Process the webhooks that are due, in this thread."""
    for webhook_id in work.process_webhook.unfinished().values_list("id", flat=True):
        work.process_webhook.run(webhook_id)


def start_call(**which: Any) -> LeasedCall | None:
    """Lease the call and store that it is being sent, as a worker does before it calls the provider."""
    now, calls = timezone.now(), work.make_call.unfinished().select_related("payment")
    row = leasing.lease_one(calls, ProviderCall.objects.get(**which).id, now=now, lasting=timedelta(minutes=1))
    return repository.start_call(row, now=now) if row else None


def later(**period: float) -> datetime:
    return timezone.now() + timedelta(**period)


def an_authorized_order(**given: Any) -> UUID:
    order_id = uuid4()
    request_authorization(order_id, **given)
    make_all_calls()
    return order_id


def a_captured_order(**given: Any) -> UUID:
    order_id = an_authorized_order(**given)
    commands.capture_payment(order_id=order_id, now=timezone.now())
    make_all_calls()
    return order_id


def refund(order_id: UUID, refund_id: UUID, amount: int, **given: Any) -> None:
    """Command a refund and make the call that it leads to."""
    request_refund(order_id, refund_id, amount, **given)
    make_all_calls()


def request_refund(order_id: UUID, refund_id: UUID, amount: int, **given: Any) -> None:
    values = {"order_id": order_id, "refund_id": refund_id, "amount": eur(amount), "reason": "return", **given}
    commands.refund_payment(**values, now=timezone.now())


def the_payment(order_id: UUID, attempt: int = 1) -> PaymentRow:
    return PaymentRow.objects.get(order_id=order_id, attempt=attempt)


def provider_totals() -> dict[str, int]:
    """Return the sums in the provider's own records, in minor units."""
    totals: dict[str, int] = processor.whole_books()["totals"]
    return totals
