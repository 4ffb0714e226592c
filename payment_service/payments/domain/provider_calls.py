"""Calls to the payment provider: what is requested, what a worker holds while it calls, and the result. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.core.money import Money
from payments.domain.provider_payment import ProviderPayment, ProviderRefund


class Operation(StrEnum):
    """A request that changes something at the provider."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


#: Operations that create an object at the provider; a repeated one must keep its idempotency key.
CREATING = frozenset({Operation.AUTHORIZE, Operation.REFUND})


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
    order was closed, or another attempt replaced the payment, in the meantime.
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


CallResult = Completed | RefundCompleted | Rejected | Abandoned | RetryLater | OutcomeUnknown
