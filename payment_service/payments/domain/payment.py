"""The payment: one attempt to pay an order. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from chassis.core.states import moved
from payments.domain.methods import OFFLINE


class PaymentStatus(StrEnum):
    REQUESTED = "requested"  # the authorization is waiting to be sent, or was sent
    UNKNOWN = "unknown"  # sent without an answer: look it up, never create a second one
    ACTION_REQUIRED = "action_required"  # the customer has to confirm
    CONFIRMING = "confirming"  # the customer has agreed; the authorization is waiting to be sent, or was
    AUTHORIZED = "authorized"  # the money is held
    CAPTURING = "capturing"
    CAPTURED = "captured"  # the money is ours; refunds are made from it
    CAPTURE_FAILED = "capture_failed"  # the provider refused; what is held will be released
    VOIDING = "voiding"  # no longer wanted; any money that is held, or turns out to be, is released
    VOIDED = "voided"
    DECLINED = "declined"  # final: the bank refused
    FAILED = "failed"  # abandoned: the provider never did it


#: All transitions of a payment. What is not listed here is illegal.
TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.REQUESTED: frozenset(
        {
            PaymentStatus.UNKNOWN,
            PaymentStatus.ACTION_REQUIRED,
            PaymentStatus.CONFIRMING,
            PaymentStatus.AUTHORIZED,
            PaymentStatus.CAPTURED,
            PaymentStatus.DECLINED,
            PaymentStatus.FAILED,
            PaymentStatus.VOIDING,
            PaymentStatus.VOIDED,
        }
    ),
    PaymentStatus.UNKNOWN: frozenset(
        {
            PaymentStatus.ACTION_REQUIRED,
            PaymentStatus.CONFIRMING,
            PaymentStatus.AUTHORIZED,
            PaymentStatus.CAPTURED,
            PaymentStatus.DECLINED,
            PaymentStatus.FAILED,
            PaymentStatus.VOIDING,
        }
    ),
    PaymentStatus.ACTION_REQUIRED: frozenset(
        {
            PaymentStatus.CONFIRMING,
            PaymentStatus.AUTHORIZED,
            PaymentStatus.CAPTURED,
            PaymentStatus.DECLINED,
            PaymentStatus.VOIDING,
        }
    ),
    PaymentStatus.CONFIRMING: frozenset(
        {
            PaymentStatus.AUTHORIZED,
            PaymentStatus.CAPTURED,
            PaymentStatus.DECLINED,
            PaymentStatus.FAILED,
            PaymentStatus.VOIDING,
            PaymentStatus.VOIDED,
        }
    ),
    PaymentStatus.AUTHORIZED: frozenset(
        {PaymentStatus.CAPTURING, PaymentStatus.CAPTURED, PaymentStatus.VOIDING, PaymentStatus.VOIDED}
    ),
    PaymentStatus.CAPTURING: frozenset({PaymentStatus.CAPTURED, PaymentStatus.CAPTURE_FAILED, PaymentStatus.VOIDING}),
    PaymentStatus.CAPTURE_FAILED: frozenset({PaymentStatus.CAPTURED, PaymentStatus.VOIDING, PaymentStatus.VOIDED}),
    PaymentStatus.CAPTURED: frozenset(),
    PaymentStatus.VOIDING: frozenset({PaymentStatus.VOIDED, PaymentStatus.CAPTURED}),
    PaymentStatus.VOIDED: frozenset(),
    PaymentStatus.DECLINED: frozenset({PaymentStatus.VOIDING}),  # it succeeded after all, late
    PaymentStatus.FAILED: frozenset({PaymentStatus.VOIDING}),
}

#: As TRANSITIONS, for payments without a provider: a bank transfer may take too long, and come after all.
OFFLINE_TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    **TRANSITIONS,
    PaymentStatus.VOIDED: frozenset({PaymentStatus.CAPTURED}),
}

#: The provider has not decided whether it holds the money.
UNDECIDED = frozenset(
    {PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN, PaymentStatus.ACTION_REQUIRED, PaymentStatus.CONFIRMING}
)
#: The money is held or taken: no second card may be charged.
HOLDING = frozenset({PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURING, PaymentStatus.CAPTURED})


class PaymentNotFound(DomainError):
    """There is no such payment."""

    code, kind = "not_found", Kind.NOT_FOUND


class NotCaptured(DomainError):
    """Nothing has been captured for this order, so nothing can be refunded."""

    code, kind = "not_captured", Kind.CONFLICT


class RefundExceedsCaptured(DomainError):
    """That is more than is left of the captured amount."""

    code, kind = "refund_exceeds_captured", Kind.CONFLICT


class InvalidAmount(DomainError):
    """The amount must be positive and in the currency of the payment."""

    code, kind = "invalid_amount", Kind.INVALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One attempt to pay an order; each method returns the payment as it is afterwards.

    Counters are minor units of the amount's currency: refunded <= claimed <= captured. `claimed` includes
    refunds that are still open; `disputed` is held by the provider until a dispute is decided, `charged_back`
    was lost by disputes. `method` is the provider's token of the card; it is removed as soon as the
    provider has decided. `message`: for the customer, why it was declined, or what there is to do.
    """

    id: UUID
    order_id: UUID
    attempt: int
    customer_id: UUID
    number: str
    amount: Money
    method: str
    provider: str
    expires_at: datetime
    status: PaymentStatus = PaymentStatus.REQUESTED
    provider_id: str = ""
    action_url: str = ""
    code: str = ""
    message: str = ""
    captured: int = 0
    claimed: int = 0
    refunded: int = 0
    disputed: int = 0
    charged_back: int = 0

    def with_status(self, status: PaymentStatus, **changes: Any) -> Payment:
        """Return the payment in this status, with these changes. Raises IllegalTransition."""
        to = moved(OFFLINE_TRANSITIONS if self.offline else TRANSITIONS, self.status, status, what="A payment")
        undecided = to in {PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN}
        kept: dict[str, Any] = {
            "method": self.method if undecided else "",
            "action_url": self.action_url if to is PaymentStatus.ACTION_REQUIRED else "",
        }
        return replace(self, status=to, **{**kept, **changes})

    def with_claim(self, amount: Money) -> Payment:
        """Reserve a part of the captured amount for a refund.

        Raises NotCaptured, InvalidAmount, RefundExceedsCaptured.
        """
        if self.status is not PaymentStatus.CAPTURED:
            raise NotCaptured
        if amount.currency != self.amount.currency or amount.amount <= 0:
            raise InvalidAmount
        left = self.money(self.refundable)
        if amount > left:
            raise RefundExceedsCaptured(f"At most {left} can be refunded.", left=left.as_dict())
        return replace(self, claimed=self.claimed + amount.amount)

    @property
    def refundable(self) -> int:
        """The minor units that can still be refunded: neither claimed by a refund nor taken by a dispute."""
        return max(0, self.captured - self.claimed - self.disputed - self.charged_back)

    @property
    def returned(self) -> int:
        """The minor units that the customer has got back, by refunds and by disputes that the shop has lost."""
        return self.refunded + self.charged_back

    @property
    def offline(self) -> bool:
        """Whether no provider takes part, so that nobody is called."""
        return self.provider in OFFLINE

    @property
    def holds_nothing(self) -> bool:
        """Whether no money is held or kept, now or later."""
        if self.status is PaymentStatus.CAPTURED:
            return self.returned + self.disputed >= self.captured
        return self.status in {PaymentStatus.VOIDED, PaymentStatus.DECLINED, PaymentStatus.FAILED}

    def money(self, amount: int) -> Money:
        """Return the minor units as money in the payment's currency."""
        return Money(amount, self.amount.currency)
