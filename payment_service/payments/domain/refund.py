"""The refund: one attempt to return captured money. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from chassis.core.states import moved


class RefundStatus(StrEnum):
    WAITING = "waiting"  # too much while another refund is open: it claims nothing until that one has ended
    REQUESTED = "requested"
    UNKNOWN = "unknown"  # sent without an answer: look it up
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REVERSED = "reversed"  # it succeeded, and the bank sent the money back to the shop afterwards


class RefundReason(StrEnum):
    """Why staff refund; for the shop's own figures."""

    DAMAGED = "damaged"
    NOT_AS_DESCRIBED = "not_as_described"
    LATE = "late"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    GOODWILL = "goodwill"
    OTHER = "other"


#: All transitions of a refund. What is not listed here is illegal.
REFUND_TRANSITIONS: Mapping[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.WAITING: frozenset({RefundStatus.REQUESTED, RefundStatus.FAILED}),
    RefundStatus.REQUESTED: frozenset({RefundStatus.UNKNOWN, RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    RefundStatus.UNKNOWN: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    RefundStatus.SUCCEEDED: frozenset({RefundStatus.REVERSED}),
    RefundStatus.FAILED: frozenset({RefundStatus.SUCCEEDED}),  # abandoned, and found at the provider later
    RefundStatus.REVERSED: frozenset(),
}
#: Sent to the provider, or about to be; the refund claims its amount.
OPEN = frozenset({RefundStatus.REQUESTED, RefundStatus.UNKNOWN})
#: Not ended yet, waiting refunds included.
UNFINISHED = OPEN | {RefundStatus.WAITING}

NO_KEY = UUID(int=0)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """One attempt to return money; each method returns the refund as it is afterwards.

    `key` names what is refunded (a return, a canceled order, else the refund itself); `attempt` counts the
    attempts at it. Each attempt has its own id, and so its own idempotency key at the provider.
    `requested_by`: the staff member's e-mail, empty for the shop itself.
    """

    id: UUID
    payment_id: UUID
    amount: Money
    key: UUID = NO_KEY
    attempt: int = 1
    reason: str = ""
    reason_code: str = ""
    requested_by: str = ""
    status: RefundStatus = RefundStatus.REQUESTED
    provider_id: str = ""
    code: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.key == NO_KEY:
            object.__setattr__(self, "key", self.id)

    def with_status(self, status: RefundStatus, **changes: Any) -> Refund:
        """Return the refund in this status, with these changes. Raises IllegalTransition."""
        return replace(self, status=moved(REFUND_TRANSITIONS, self.status, status, what="A refund"), **changes)

    def failed(self, code: str, message: str) -> Refund:
        return self.with_status(RefundStatus.FAILED, code=code, message=message)


def attempt_id(key: UUID, attempt: int) -> UUID:
    """Return the id of one attempt at a refund: always the same for the same attempt."""
    return key if attempt == 1 else uuid5(key, str(attempt))
