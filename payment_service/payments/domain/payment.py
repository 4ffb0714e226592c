"""One try to pay an order, and the refunds of it. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money


class PaymentStatus(StrEnum):
    REQUESTED = "requested"  # the provider is being asked to hold the money
    UNKNOWN = "unknown"  # it was asked and we have no answer: we look, we never ask for a second one
    ACTION_REQUIRED = "action_required"  # the customer has to confirm
    AUTHORIZED = "authorized"  # the money is held
    CAPTURING = "capturing"
    CAPTURED = "captured"  # the money is ours; refunds go off from it
    CAPTURE_FAILED = "capture_failed"  # the provider refused; what is held will be released
    VOIDING = "voiding"  # nobody wants it any more; what is or turns out to be held is released
    VOIDED = "voided"
    DECLINED = "declined"  # final: the bank said no
    FAILED = "failed"  # we gave up: the provider never did it


S = PaymentStatus

#: The whole life of a payment. What is not listed here is illegal.
TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    S.REQUESTED: frozenset(
        {S.UNKNOWN, S.ACTION_REQUIRED, S.AUTHORIZED, S.CAPTURED, S.DECLINED, S.FAILED, S.VOIDING, S.VOIDED}
    ),
    S.UNKNOWN: frozenset({S.ACTION_REQUIRED, S.AUTHORIZED, S.CAPTURED, S.DECLINED, S.FAILED, S.VOIDING}),
    S.ACTION_REQUIRED: frozenset({S.AUTHORIZED, S.CAPTURED, S.DECLINED, S.VOIDING}),
    S.AUTHORIZED: frozenset({S.CAPTURING, S.CAPTURED, S.VOIDING, S.VOIDED}),
    S.CAPTURING: frozenset({S.CAPTURED, S.CAPTURE_FAILED, S.VOIDING}),
    S.CAPTURE_FAILED: frozenset({S.CAPTURED, S.VOIDING, S.VOIDED}),
    S.CAPTURED: frozenset(),
    S.VOIDING: frozenset({S.VOIDED, S.CAPTURED}),
    S.VOIDED: frozenset(),
    S.DECLINED: frozenset({S.VOIDING}),  # it succeeded after all, late
    S.FAILED: frozenset({S.VOIDING}),
}

#: The provider has not decided whether it holds the money.
UNDECIDED = frozenset({S.REQUESTED, S.UNKNOWN, S.ACTION_REQUIRED})
#: The money is held or taken: no second card may be charged.
HOLDING = frozenset({S.AUTHORIZED, S.CAPTURING, S.CAPTURED})


class IllegalTransition(DomainError):
    """The payment cannot go from its present state to that one."""

    code, kind = "illegal_transition", Kind.CONFLICT


class PaymentNotFound(DomainError):
    """There is no such payment."""

    code, kind = "not_found", Kind.NOT_FOUND


class NotCaptured(DomainError):
    """Nothing has been captured for this order, so nothing can be refunded."""

    code, kind = "not_captured", Kind.CONFLICT


class RefundExceedsCaptured(DomainError):
    """That is more than is left of the captured amount."""

    code, kind = "refund_exceeds_captured", Kind.CONFLICT


class RefundUnderWay(DomainError):
    """This refund is being made already."""

    code, kind = "refund_under_way", Kind.CONFLICT


class AlreadyRefunded(DomainError):
    """The money for this has been given back already."""

    code, kind = "already_refunded", Kind.CONFLICT


class RefundNotRetriable(DomainError):
    """Only a refund that failed can be tried again."""

    code, kind = "refund_not_retriable", Kind.CONFLICT


class SettlesAnotherOrder(DomainError):
    """That return or order does not belong to this payment."""

    code, kind = "settles_another_order", Kind.CONFLICT


class InvalidAmount(DomainError):
    """The amount must be positive and in the currency of the payment."""

    code, kind = "invalid_amount", Kind.INVALID


@dataclass(slots=True, kw_only=True)
class Payment:
    """Counters are minor units of the amount's currency: refunded <= claimed <= captured.

    `claimed` is what refunds have laid claim to, running ones included. `method` is the provider's
    token of the card; it is forgotten as soon as the provider has decided.
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
    status: PaymentStatus = S.REQUESTED
    provider_id: str = ""
    action_url: str = ""
    code: str = ""
    message: str = ""
    captured: int = 0
    claimed: int = 0
    refunded: int = 0

    def move(self, to: PaymentStatus) -> None:
        """Raises IllegalTransition for what TRANSITIONS does not allow."""
        if to not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"A payment that is {self.status} cannot become {to}.")
        self.status = to
        if to not in {S.REQUESTED, S.UNKNOWN}:
            self.method = ""
        if to is not S.ACTION_REQUIRED:
            self.action_url = ""

    @property
    def over(self) -> bool:
        """No money is held or kept."""
        if self.status is S.CAPTURED:
            return self.refunded == self.captured
        return self.status in {S.VOIDED, S.DECLINED, S.FAILED}

    def money(self, amount: int) -> Money:
        return Money(amount, self.amount.currency)

    def claim(self, amount: Money) -> None:
        """Lay claim to a part of what was captured. Raises NotCaptured, InvalidAmount, RefundExceedsCaptured."""
        if self.status is not S.CAPTURED:
            raise NotCaptured
        if amount.currency != self.amount.currency or amount.amount <= 0:
            raise InvalidAmount
        left = self.captured - self.claimed
        if amount.amount > left:
            raise RefundExceedsCaptured(f"At most {self.money(left)} can be refunded.", left=self.money(left).as_dict())
        self.claimed += amount.amount


class RefundStatus(StrEnum):
    WAITING = "waiting"  # too much while another refund is open: it claims nothing until that one has ended
    REQUESTED = "requested"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REVERSED = "reversed"  # it succeeded, and the bank sent the money back to the shop afterwards


R = RefundStatus

REFUND_TRANSITIONS: Mapping[RefundStatus, frozenset[RefundStatus]] = {
    R.WAITING: frozenset({R.REQUESTED, R.FAILED}),
    R.REQUESTED: frozenset({R.UNKNOWN, R.SUCCEEDED, R.FAILED}),
    R.UNKNOWN: frozenset({R.SUCCEEDED, R.FAILED}),
    R.SUCCEEDED: frozenset({R.REVERSED}),
    R.FAILED: frozenset({R.SUCCEEDED}),  # given up, and found at the provider later
    R.REVERSED: frozenset(),
}
#: The provider is being asked; the refund claims its amount.
OPEN = frozenset({R.REQUESTED, R.UNKNOWN})

NO_KEY = UUID(int=0)


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money on its way back. `requested_by`: the staff member's e-mail, empty for the shop itself.

    `key` names what is refunded (a return, a canceled order, else the refund itself); `attempt` counts
    the tries of it. Each try has an id of its own, and so an idempotency key of its own at the provider.
    """

    id: UUID
    payment_id: UUID
    amount: Money
    key: UUID = NO_KEY
    attempt: int = 1
    reason: str = ""
    requested_by: str = ""
    status: RefundStatus = R.REQUESTED
    provider_id: str = ""
    code: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.key == NO_KEY:
            self.key = self.id

    def move(self, to: RefundStatus) -> None:
        if to not in REFUND_TRANSITIONS[self.status]:
            raise IllegalTransition(f"A refund that is {self.status} cannot become {to}.")
        self.status = to

    def fail(self, code: str, message: str) -> None:
        self.move(R.FAILED)
        self.code, self.message = code, message


def refund_id_of(key: UUID, attempt: int) -> UUID:
    """The id of one try of a refund: always the same for the same try."""
    return key if attempt == 1 else uuid5(key, str(attempt))
