"""Commands about the payments of an order. They store what is to be done; the provider is called after the commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from chassis.core.errors import DomainError
from chassis.core.money import Money
from chassis.privacy.erasures import reschedule_erasure
from chassis.transactions import transactional
from payments import queries, repository
from payments.commands.offer import offer
from payments.commands.order_changes import store
from payments.domain import lifecycle
from payments.domain.methods import ACCOUNT_END, BY_TRANSFER, NOTHING, PREPAYMENT, WALLET, InvalidMethod, Method
from payments.domain.payment import Payment


@transactional
def authorize_payment(
    *,
    order_id: UUID,
    attempt: int,
    customer_id: UUID,
    number: str,
    amount: Money,
    method: str,
    expires_at: datetime,
    now: datetime,
    country: str = "",
) -> None:
    """Begin to hold the money of an order; a repeated command gets the same reply again.

    `method`: as `methods.Offer.read` reads it. `country`: where the order goes, by ISO 3166.
    """
    order = repository.locked(order_id, withdrawing=True)
    chosen, refusal = _chosen(method, amount, country, customer_id)
    lifecycle.request_authorization(
        order,
        Payment(
            id=uuid7(),
            order_id=order_id,
            attempt=attempt,
            customer_id=customer_id,
            number=number[:40],
            amount=amount,
            method=chosen.token,
            provider=chosen.provider,
            action_url=settings.PAYMENT_RETURN_URL.format(order_id=order_id) if chosen.provider == PREPAYMENT else "",
            message=_instructions(chosen.provider, amount, number),
            expires_at=expires_at,
        ),
        refusal=refusal,
    )
    store(order, now)
    reschedule_erasure(user_id=customer_id, now=now)  # the customer's account may have been deleted in the meantime


def _chosen(text: str, amount: Money, country: str, customer_id: UUID) -> tuple[Method, DomainError | None]:
    """Return how the order is to be paid, and why it cannot be paid so."""
    if amount.amount == 0:
        return Method(NOTHING), None
    try:
        chosen = offer().method(text, currency=amount.currency, country=country)
        return replace(chosen, token=_token(chosen, customer_id)), None
    except DomainError as refusal:
        return Method(""), refusal


def _token(chosen: Method, customer_id: UUID) -> str:
    """Return the provider's token; with the account of a customer who has one, which a saved way to pay belongs to.

    Raises InvalidMethod for a token that names an account itself.
    """
    if not chosen.token or chosen.provider != WALLET:
        return chosen.token
    if ACCOUNT_END in chosen.token:
        raise InvalidMethod
    account = queries.provider_customer(customer_id, chosen.provider)
    return f"{account.provider_id}{ACCOUNT_END}{chosen.token}" if account and account.provider_id else chosen.token


def _instructions(provider: str, amount: Money, number: str) -> str:
    """Return what the customer has to do, for payments by bank transfer."""
    if provider not in BY_TRANSFER:
        return ""
    return f"Please transfer {amount} to {settings.BANK_TRANSFER_TO}. Reference: {number}."


@transactional
def capture_payment(*, order_id: UUID, now: datetime) -> None:
    """Begin to capture the money that is held."""
    order = repository.locked(order_id)
    lifecycle.request_capture(order)
    store(order, now)


@transactional
def close_order_payments(*, order_id: UUID, now: datetime) -> None:
    """Begin to release or refund all money of an order, and accept no further charge."""
    order = repository.locked(order_id, withdrawing=True)
    lifecycle.close(order)
    store(order, now)


@transactional
def capture_held_payment(*, payment_id: UUID, by: str, now: datetime) -> None:
    """Begin to capture a payment for staff. Raises PaymentNotFound, NothingHeld."""
    order = repository.locked(queries.order_of(payment_id), actor=by)
    lifecycle.capture_held(order, payment_id)
    store(order, now)


@transactional
def release_held_payment(*, payment_id: UUID, by: str, now: datetime) -> None:
    """Begin to release a payment for staff; its order can be paid no more. Raises PaymentNotFound, NothingHeld."""
    order = repository.locked(queries.order_of(payment_id), withdrawing=True, actor=by)
    lifecycle.release_held(order, payment_id)
    store(order, now)
