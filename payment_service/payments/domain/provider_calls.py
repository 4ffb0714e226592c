"""Calls to the payment provider: what is requested, what a worker holds while it calls, and the result. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from payments.domain.provider_payment import ProviderPayment, ProviderRefund


class Operation(StrEnum):
    """A request that changes something at the provider."""

    AUTHORIZE = "authorize"
    CONFIRM = "confirm"  # of a payment that the customer has approved at the provider
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


#: Operations that create an object at the provider; a repeated one must keep its idempotency key.
CREATING = frozenset({Operation.AUTHORIZE, Operation.CONFIRM, Operation.REFUND})
#: Operations after which money may be held.
HOLDING = frozenset({Operation.AUTHORIZE, Operation.CONFIRM})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call to be made after the commit; made once for each operation and object."""

    operation: Operation
    payment_id: UUID
    amount: Money
    refund_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedCall:
    """A call that this worker holds the lease of.

    `was_sent`: an earlier attempt may have reached the provider; `sent_at`: the first one. `unwanted`: the
    order was closed, or another attempt replaced the payment, in the meantime. `stopped_at`: when staff gave it up.
    """

    id: UUID
    lease: UUID
    operation: Operation
    order_id: UUID
    payment_id: UUID
    refund_id: UUID | None
    number: str
    amount: Money
    method: str
    provider: str
    provider_id: str
    key: str
    was_sent: bool
    sent_at: datetime
    attempts: int
    expires_at: datetime
    unwanted: bool
    stopped_at: datetime | None
    correlation_id: str
    causation_id: str | None


@dataclass(frozen=True, slots=True)
class Completed:
    """The provider's payment object after the operation."""

    payment: ProviderPayment


@dataclass(frozen=True, slots=True)
class RefundCompleted:
    """The provider's refund object after the operation."""

    refund: ProviderRefund


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider's final refusal."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """It was never done, and it is too late to do it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Call again later. `sent`: an earlier attempt may have reached the provider."""

    error: str
    sent: bool


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """The answer was lost."""

    error: str


class HeldMoneyMustBeReleased(DomainError):
    """The customer's money is held. Release it at the provider; the next look finds that and ends the call."""

    code, kind = "held_money_must_be_released", Kind.CONFLICT


class CallNotOpen(DomainError):
    """The call has ended, or is being made at this moment. Look again in a minute."""

    code, kind = "call_not_open", Kind.CONFLICT


def check_stoppable(operation: Operation) -> None:
    """Check that staff may give up such a call. Raises HeldMoneyMustBeReleased: only success ends a void."""
    if operation is Operation.VOID:
        raise HeldMoneyMustBeReleased


def given_up(operation: Operation) -> Abandoned:
    """Return the result of a call that staff have given up and that was never done. The customer reads the message."""
    what = "refund" if operation is Operation.REFUND else "payment"
    done = "returned" if operation is Operation.REFUND else "charged"
    return Abandoned("given_up", f"The shop has stopped this {what}. Nothing was {done}.")


CallResult = Completed | RefundCompleted | Rejected | Abandoned | RetryLater | OutcomeUnknown
