"""A return, and the states through which it goes. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from orders.domain.facts import Fact, PaymentRefundFailed, ReturnLabelFailed, numbered
from orders.domain.states import checked
from orders.events_out import NamedItem


class ReturnStatus(StrEnum):
    REQUESTED = "requested"  # staff decide
    APPROVED = "approved"  # the label is on its way, then the parcel
    EXPIRED = "expired"  # no parcel came; staff may still book one in
    ARRIVED = "arrived"  # the parcel is here; staff look into it
    REJECTED = "rejected"  # staff may still book its parcel in
    RECEIVED = "received"  # stock and money are on their way back
    REFUNDED = "refunded"


#: The whole life of a return. What is not listed here is illegal.
RETURN_TRANSITIONS: Mapping[ReturnStatus, frozenset[ReturnStatus]] = {
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
#: Nothing comes of these any more, so their units may be returned by another one.
VOID = frozenset({ReturnStatus.REJECTED, ReturnStatus.EXPIRED})


class ReturnNotFound(DomainError):
    """There is nothing here."""

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
    expires_at: datetime | None = None  # without a parcel
    version: int = 1

    def moved(self, status: ReturnStatus) -> Return:
        """Raises IllegalTransition."""
        waits = status is ReturnStatus.APPROVED
        expires_at = self.expires_at if waits else None
        return replace(self, status=checked(RETURN_TRANSITIONS, self.status, status), expires_at=expires_at)

    def knows(self, kind: type[Fact]) -> bool:
        return kind.kind in self.known

    @property
    def label_failed(self) -> bool:
        """There is no label, or its parcel is lost, and nobody has asked for another one."""
        return numbered(ReturnLabelFailed.kind, self.label_attempt) in self.known

    @property
    def refund_refused(self) -> bool:
        return numbered(PaymentRefundFailed.kind, self.refund_attempt) in self.known

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


def key_of(fact: Fact) -> str:
    """Return how a return remembers the fact: without its own id, which a refund's key carries."""
    if isinstance(fact, PaymentRefundFailed):
        return numbered(fact.kind, fact.attempt)
    return fact.key if isinstance(fact, ReturnLabelFailed) else fact.kind
