"""The life of a shipment, there and back. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.core.errors import DomainError, Kind
from shipping.domain import announcements as announce
from shipping.domain.tracking import TrackingEvent, TrackingStatus


class Direction(StrEnum):
    OUTBOUND = "outbound"  # one an order, from us to the customer
    RETURN = "return"  # one a return, from the customer to us


class ShipmentStatus(StrEnum):
    REQUESTED = "requested"  # stored; the carrier is being asked for a label
    CREATED = "created"  # there is a label; the parcel waits for the carrier
    DISPATCHED = "dispatched"  # picked up: no way back
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"  # for a return: received by us
    CANCELING = "canceling"  # the carrier is being asked to take the label back
    CANCELED = "canceled"
    FAILED = "failed"  # the carrier refused; staff may try again
    RETURNED = "returned"  # undeliverable, given back to its sender
    LOST = "lost"  # or damaged; it may still be found


#: The whole life of a shipment. What is not listed here is illegal.
TRANSITIONS: Mapping[ShipmentStatus, frozenset[ShipmentStatus]] = {
    ShipmentStatus.REQUESTED: frozenset(
        {ShipmentStatus.CREATED, ShipmentStatus.CANCELING, ShipmentStatus.CANCELED, ShipmentStatus.FAILED}
    ),
    ShipmentStatus.CREATED: frozenset(
        {
            ShipmentStatus.DISPATCHED,
            ShipmentStatus.IN_TRANSIT,
            ShipmentStatus.OUT_FOR_DELIVERY,
            ShipmentStatus.DELIVERED,
            ShipmentStatus.RETURNED,
            ShipmentStatus.LOST,
            ShipmentStatus.CANCELING,
            ShipmentStatus.CANCELED,  # by the carrier
        }
    ),
    ShipmentStatus.CANCELING: frozenset(
        {
            ShipmentStatus.CANCELED,
            ShipmentStatus.CREATED,  # the carrier said no
            ShipmentStatus.DISPATCHED,  # the carrier was faster
            ShipmentStatus.IN_TRANSIT,
            ShipmentStatus.OUT_FOR_DELIVERY,
            ShipmentStatus.DELIVERED,
            ShipmentStatus.RETURNED,
            ShipmentStatus.LOST,
        }
    ),
    ShipmentStatus.DISPATCHED: frozenset(
        {
            ShipmentStatus.IN_TRANSIT,
            ShipmentStatus.OUT_FOR_DELIVERY,
            ShipmentStatus.DELIVERED,
            ShipmentStatus.RETURNED,
            ShipmentStatus.LOST,
        }
    ),
    ShipmentStatus.IN_TRANSIT: frozenset(
        {ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED, ShipmentStatus.LOST}
    ),
    ShipmentStatus.OUT_FOR_DELIVERY: frozenset(
        {ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED, ShipmentStatus.LOST}
    ),
    ShipmentStatus.LOST: frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED}),
    ShipmentStatus.DELIVERED: frozenset(),
    ShipmentStatus.FAILED: frozenset({ShipmentStatus.REQUESTED, ShipmentStatus.CANCELED}),
    ShipmentStatus.CANCELED: frozenset(),
    ShipmentStatus.RETURNED: frozenset(),
}

#: Where the carrier's news move a parcel. The others (label created, exception) only fill the timeline.
#: A carrier that cancels what it has picked up already tells of an exception.
MOVES: Mapping[TrackingStatus, ShipmentStatus] = {
    TrackingStatus.PICKED_UP: ShipmentStatus.DISPATCHED,
    TrackingStatus.IN_TRANSIT: ShipmentStatus.IN_TRANSIT,
    TrackingStatus.OUT_FOR_DELIVERY: ShipmentStatus.OUT_FOR_DELIVERY,
    TrackingStatus.DELIVERED: ShipmentStatus.DELIVERED,
    TrackingStatus.RETURNED: ShipmentStatus.RETURNED,
    TrackingStatus.LOST: ShipmentStatus.LOST,
    TrackingStatus.DAMAGED: ShipmentStatus.LOST,
    TrackingStatus.CANCELED: ShipmentStatus.CANCELED,
}
UNDER_WAY = frozenset({ShipmentStatus.DISPATCHED, ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY})
LEFT_US = UNDER_WAY | {ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED, ShipmentStatus.LOST}
#: Nothing more will come from the carrier.
FINAL = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.CANCELED, ShipmentStatus.FAILED, ShipmentStatus.RETURNED})

#: The parcel travels no more; a lost one may be heard of again.
ENDED = FINAL | {ShipmentStatus.LOST}

ALREADY_PICKED_UP = "The carrier already has the parcel."
#: News that leave a parcel where it is.
_STAYS = frozenset({TrackingStatus.EXCEPTION, TrackingStatus.CANCELED})


class IllegalTransition(DomainError):
    """A shipment cannot go from this state to that one."""

    code, kind = "illegal_transition", Kind.CONFLICT


class ShipmentNotRetriable(DomainError):
    """Only a shipment that the carrier refused can be tried again."""

    code, kind = "shipment_not_retriable", Kind.CONFLICT


class LabelNotRecorded(DomainError):
    """The carrier tells of a parcel whose label we have not recorded yet; hear it again in a moment."""

    code, kind = "label_not_recorded", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """Each method returns the shipment as it is afterwards, and what there is to tell.

    A return's `customer_id` is its sender. `correlation_id` is the order's journey, to which all that
    happens later belongs. A cancel that came before its order leaves a shipment that never was:
    canceled, without customer or carrier.
    """

    id: UUID
    direction: Direction
    status: ShipmentStatus
    order_id: UUID
    return_id: UUID | None = None
    attempt: int = 1  # which parcel of the order, or label of the return, it is
    customer_id: UUID | None = None
    correlation_id: str = ""
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    label_url: str = ""
    cancel_refusal: str = ""
    failure_code: str = ""
    failure_message: str = ""
    end_reason: str = ""  # of a parcel that came back, was lost or damaged; who canceled it
    ended_at: datetime | None = None
    latest_at: datetime | None = None
    dispatched_at: datetime | None = None
    delivered_at: datetime | None = None

    def label_bought(self, *, number: str, url: str, label_url: str) -> tuple[Shipment, list[object]]:
        """The carrier's answer to our request. A second one, or one for a finished shipment, changes nothing."""
        labeled = replace(self, tracking_number=number, tracking_url=url, label_url=label_url)
        if self.status is ShipmentStatus.REQUESTED:
            created = labeled._to(ShipmentStatus.CREATED)
            return created, announce.created(created)
        if self.status is ShipmentStatus.CANCELING and not self.tracking_number:
            return labeled, []
        return self, []

    def label_refused(self, *, code: str, message: str) -> tuple[Shipment, list[object]]:
        """The carrier will not take it: so there is no label, which is also what a cancel wanted."""
        if self.status is ShipmentStatus.REQUESTED:
            failed = replace(self._to(ShipmentStatus.FAILED), failure_code=code, failure_message=message)
            return failed, announce.failed(failed, code, message)
        if self.status is ShipmentStatus.CANCELING and not self.tracking_number:
            return self._canceled()
        return self, []

    def cancel(self, *, asked_carrier: bool) -> tuple[Shipment, list[object]]:
        """`asked_carrier`: the request for a label may have left, so that there may be one."""
        match self.status:
            case ShipmentStatus.REQUESTED if not asked_carrier:
                return self._canceled()
            case ShipmentStatus.REQUESTED:
                return self._to(ShipmentStatus.CANCELING), []
            case ShipmentStatus.CREATED if not self.cancel_refusal:
                return self._to(ShipmentStatus.CANCELING), []
            case ShipmentStatus.FAILED:
                return self._canceled()
            case ShipmentStatus.CANCELING:
                return self, []
            case ShipmentStatus.CANCELED:
                return self, announce.canceled(self)
        return self, announce.cancel_refused(self, self.cancel_refusal or ALREADY_PICKED_UP)

    def cancel_confirmed(self) -> tuple[Shipment, list[object]]:
        return self._canceled() if self.status is ShipmentStatus.CANCELING else (self, [])

    def cancel_refused(self, *, reason: str) -> tuple[Shipment, list[object]]:
        """The carrier keeps the label. The parcel goes on; the refusal is the answer from now on."""
        if self.status is not ShipmentStatus.CANCELING:
            return self, []
        kept = replace(self._to(ShipmentStatus.CREATED), cancel_refusal=reason)
        return kept, announce.cancel_refused(kept, reason)

    def advance(self, news: TrackingEvent) -> tuple[Shipment, list[object]]:
        """Move forward by what the carrier tells, never back; late and repeated news move nothing.

        Raises LabelNotRecorded while our own record of the label is missing.
        """
        if self.status in FINAL:
            return self, []
        if not self.tracking_number:
            raise LabelNotRecorded
        is_latest = self.latest_at is None or news.occurred_at > self.latest_at
        heard = replace(self, latest_at=news.occurred_at) if is_latest else self
        target = MOVES.get(news.status)
        if target is not None and target in TRANSITIONS[self.status]:
            if target is ShipmentStatus.CANCELED:
                return heard._canceled(by="shop" if self.status is ShipmentStatus.CANCELING else "carrier")
            return heard._moved(target, news)
        on_the_way = news.status in _STAYS or target is self.status
        if is_latest and on_the_way and self.status in UNDER_WAY:
            return heard, announce.progressed(heard, news)
        return heard, []

    def answers(self) -> list[object]:
        """What we have said so far, for a sender that asks again."""
        if self.status is ShipmentStatus.CANCELED:
            return announce.canceled(self)
        if self.status is ShipmentStatus.FAILED:
            return announce.failed(self, self.failure_code, self.failure_message)
        if not self.tracking_number or self.status is ShipmentStatus.CANCELING:
            return []
        said = announce.created(self)
        if self.dispatched_at:
            said += announce.dispatched(self)
        if self.delivered_at:
            said += announce.delivered(self)
        if self.ended_at:
            said += self._stranded()
        return said

    def renumbered(self, attempt: int) -> Shipment:
        """The parcel that was asked for again while it was still on its way."""
        return replace(self, attempt=attempt)

    def try_again(self) -> Shipment:
        if self.status is not ShipmentStatus.FAILED:
            raise ShipmentNotRetriable
        return replace(self._to(ShipmentStatus.REQUESTED), failure_code="", failure_message="")

    def _moved(self, target: ShipmentStatus, news: TrackingEvent) -> tuple[Shipment, list[object]]:
        moved, said = self._to(target), list[object]()
        if self.status is ShipmentStatus.CANCELING:
            moved = replace(moved, cancel_refusal=ALREADY_PICKED_UP)
            said += announce.cancel_refused(moved, ALREADY_PICKED_UP)
        if moved.dispatched_at is None:
            moved = replace(moved, dispatched_at=news.occurred_at)
            said += announce.dispatched(moved)
        if target is ShipmentStatus.DELIVERED:
            moved = replace(moved, delivered_at=news.occurred_at)
            return replace(moved, ended_at=None, end_reason=""), said + announce.delivered(moved)
        if target in {ShipmentStatus.RETURNED, ShipmentStatus.LOST}:
            reason = news.description if target is ShipmentStatus.RETURNED else str(news.status)
            moved = replace(moved, ended_at=news.occurred_at, end_reason=reason)
            return moved, said + announce.progressed(moved, news) + moved._stranded()
        if target is ShipmentStatus.DISPATCHED:
            return moved, said
        return moved, said + announce.progressed(moved, news)

    def _stranded(self) -> list[object]:
        return announce.returned(self) if self.status is ShipmentStatus.RETURNED else announce.lost(self)

    def _canceled(self, *, by: str = "shop") -> tuple[Shipment, list[object]]:
        canceled = replace(self._to(ShipmentStatus.CANCELED), end_reason=by)
        return canceled, announce.canceled(canceled)

    def _to(self, status: ShipmentStatus) -> Shipment:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"A shipment that is {self.status} cannot become {status}.")
        return replace(self, status=status)
