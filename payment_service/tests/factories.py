"""Valid things; a test overrides what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from chassis.core.money import Money
from payments import commands, queries
from payments.domain.account import Account
from payments.domain.payment import Payment
from payments.domain.seen import SeenPayment, SeenStatus
from payments.models import Payment as PaymentRow
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


def an_account(*, asked: Payment | None = None) -> tuple[Account, Payment]:
    """An account of an order whose first payment has been asked for."""
    payment = asked or a_payment()
    account = Account(order_id=payment.order_id)
    account.authorize(payment)
    forget(account)
    return account, payment


def forget(account: Account) -> None:
    """What the repository does after saving."""
    for noted in (account.messages, account.asks, account.entries, account.withdrawals):
        noted.clear()


def seen(payment: Payment, status: SeenStatus, **given: Any) -> SeenPayment:
    captured = payment.amount.amount if status is SeenStatus.CAPTURED else 0
    values: dict[str, Any] = {
        "id": "auth_1", "reference": str(payment.id), "status": status, "amount": payment.amount.amount,
        "currency": EUR, "captured": captured,
    }  # fmt: skip
    return SeenPayment(**{**values, **given})


def authorize_message(order_id: UUID, **given: Any) -> dict[str, Any]:
    """The data of `payment.authorize.v1`."""
    values = {
        "order_id": order_id, "attempt": 1, "customer_id": uuid4(), "amount": eur(1999), "payment_method": "card_ok",
        "number": "S-1001", "expires_at": timezone.now() + timedelta(minutes=30),
    }  # fmt: skip
    return {**values, **given}


def ask_to_authorize(order_id: UUID, **given: Any) -> None:
    message = authorize_message(order_id, **given)
    message["method"] = message.pop("payment_method")
    commands.authorize_payment(**message, now=timezone.now())


def carry_out_all(*, at: datetime | None = None) -> None:
    """Make the calls that are due, and what they lead to, here and now (or at another time)."""
    for _ in range(5):
        due = queries.calls_due(at or timezone.now(), 100)
        for call_id in due:
            commands.carry_out(call_id, clock=lambda: at or timezone.now())
        if not due:
            return


def later(**period: float) -> datetime:
    return timezone.now() + timedelta(**period)


def an_authorized_order(**given: Any) -> UUID:
    order_id = uuid4()
    ask_to_authorize(order_id, **given)
    carry_out_all()
    return order_id


def a_captured_order(**given: Any) -> UUID:
    order_id = an_authorized_order(**given)
    commands.capture_payment(order_id=order_id, now=timezone.now())
    carry_out_all()
    return order_id


def refund(order_id: UUID, refund_id: UUID, amount: int, **given: Any) -> None:
    """What `payment.refund.v1` asks for, and what it leads to at the provider."""
    ask_to_refund(order_id, refund_id, amount, **given)
    carry_out_all()


def ask_to_refund(order_id: UUID, refund_id: UUID, amount: int, **given: Any) -> None:
    asked = {"order_id": order_id, "refund_id": refund_id, "amount": eur(amount), "reason": "return", **given}
    commands.refund_payment(**asked, now=timezone.now())


def the_payment(order_id: UUID, attempt: int = 1) -> PaymentRow:
    return PaymentRow.objects.get(order_id=order_id, attempt=attempt)


def provider_totals() -> dict[str, int]:
    """What the provider's own books say has been done, in minor units."""
    totals: dict[str, int] = processor.whole_books()["totals"]
    return totals
