"""The return aggregate and its states. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from chassis.core.states import Transitions, moved
from orders.domain.facts import Fact, PaymentRefundFailed, ReturnLabelFailed
from orders.events_out import NamedItem


class ReturnStatus(StrEnum):
    REQUESTED = "requested"  # staff decide
    APPROVED = "approved"  # the label was requested; then the parcel is expected
    EXPIRED = "expired"  # no parcel came; staff may still book one in
    ARRIVED = "arrived"  # the parcel arrived; staff inspect it
    REJECTED = "rejected"  # staff may still book its parcel in
    RECEIVED = "received"  # restock and refund were requested
    REFUNDED = "refunded"


#: The transitions of a return. What is not listed is illegal.
RETURN_TRANSITIONS: Transitions[ReturnStatus] = {
    ReturnStatus.REQUESTED: frozenset({ReturnStatus.APPROVED, ReturnStatus.REJECTED}),
    ReturnStatus.APPROVED: frozenset(
        {ReturnStatus.ARRIVED, ReturnStatus.RECEIVED, ReturnStatus.REJECTED, ReturnStatus.EXPIRED}
    ),
    ReturnStatus.EXPIRED: frozenset({ReturnStatus.RECEIVED}),
    ReturnStatus.ARRIVED: frozenset({ReturnStatus.RECEIVED, ReturnStatus.REJECTED}),
    ReturnStatus.REJECTED: frozenset({ReturnStatus.RECEIVED}),
    ReturnStatus.RECEIVED: frozenset({ReturnStatus.REFUNDED}),
    ReturnStatus.REFUNDED: frozenset(),
}
#: No parcel is expected, so the units may be returned by another return.
VOID = frozenset({ReturnStatus.REJECTED, ReturnStatus.EXPIRED})


class ReturnNotFound(DomainError):
    """Not found."""

    code, kind = "not_found", Kind.NOT_FOUND


class NotReturnable(DomainError):
    """Only what was delivered can be returned, within the time for returns."""

    code, kind = "not_returnable", Kind.CONFLICT


class TooManyReturned(DomainError):
    """More than was bought and not already returned."""

    code, kind = "too_many_returned", Kind.CONFLICT


class ReturnDecided(DomainError):
    """This return has already been decided."""

    code, kind = "return_decided", Kind.CONFLICT


class ReasonMissing(DomainError):
    """Say why: the customer reads it."""

    code = "reason_missing"


class NothingToSettle(DomainError):
    """Only a return that was received, and whose refund has not been made, can be settled by hand."""

    code, kind = "nothing_to_settle", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A request to send units of an order back. `known`: the keys of the facts about it."""

    id: UUID
    order_id: UUID
    number: str
    customer_id: UUID
    lines: tuple[NamedItem, ...]
    refund: Money
    reason: str
    requested_at: datetime
    updated_at: datetime
    status: ReturnStatus = ReturnStatus.REQUESTED
    known: frozenset[str] = frozenset()
    label_url: str = ""
    tracking_number: str = ""
    message: str = ""
    restock: bool = True  # the units can be sold again
    label_attempt: int = 1
    refund_attempt: int = 1
    asks: int = 0
    ask_again_at: datetime | None = None
    expires_at: datetime | None = None  # if no parcel arrives
    version: int = 1

    def moved(self, status: ReturnStatus) -> Return:
        """Return the return in another state; only an approved one expires. Raises IllegalTransition."""
        expires_at = self.expires_at if status is ReturnStatus.APPROVED else None
        status = moved(RETURN_TRANSITIONS, self.status, status, what="A return")
        return replace(self, status=status, expires_at=expires_at)

    def can_become(self, status: ReturnStatus) -> bool:
        return status in RETURN_TRANSITIONS[self.status]

    def knows(self, kind: type[Fact]) -> bool:
        return kind.kind in self.known

    @property
    def label_failed(self) -> bool:
        """Whether the last label could not be made or its parcel is lost, and no other label was requested."""
        return ReturnLabelFailed.key_of_label(self.label_attempt) in self.known

    @property
    def refund_refused(self) -> bool:
        return PaymentRefundFailed.key_of_attempt_in_return(self.refund_attempt) in self.known

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)
