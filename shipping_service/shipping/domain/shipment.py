"""The shipment aggregate and its transitions. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chassis.core.errors import DomainError, Kind
from chassis.core.states import moved
from shipping.domain import announcements as announce
from shipping.domain.shipment_data import ShipmentData, ShipmentStatus
from shipping.domain.tracking import TrackingEvent, TrackingStatus

#: All transitions of a shipment. What is not listed is illegal.
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
            ShipmentStatus.CREATED,  # the carrier refused
            ShipmentStatus.DISPATCHED,  # picked up before the cancellation
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

#: The state that a tracking status leads to. The others (label created, exception) only add to the timeline, and so
#: does a cancellation by the carrier after pick-up.
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
#: No further tracking event changes these.
FINAL = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.CANCELED, ShipmentStatus.FAILED, ShipmentStatus.RETURNED})

#: The journey is over, though a lost parcel may be found.
ENDED = FINAL | {ShipmentStatus.LOST}

ALREADY_PICKED_UP = "The carrier already has the parcel."
#: Statuses that leave the state as it is.
_STAYS = frozenset({TrackingStatus.EXCEPTION, TrackingStatus.CANCELED})


class ShipmentNotRetriable(DomainError):
    """Only a shipment that the carrier refused can be tried again."""

    code, kind = "shipment_not_retriable", Kind.CONFLICT


class LabelNotRecorded(DomainError):
    """The label of this parcel is not recorded yet; try again in a moment."""

    code, kind = "label_not_recorded", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment(ShipmentData):
    """Each method returns the shipment in its new state, and the messages to send."""

    def label_bought(self, *, number: str, url: str, label_url: str) -> tuple[Shipment, list[object]]:
        """Record the label. A second one, or one for a finished shipment, changes nothing."""
        labeled = replace(self, tracking_number=number, tracking_url=url, label_url=label_url)
        if self.status is ShipmentStatus.REQUESTED:
            created = labeled._to(ShipmentStatus.CREATED)
            return created, announce.created(created)
        if self.status is ShipmentStatus.CANCELING and not self.tracking_number:
            return labeled, []
        return self, []

    def label_refused(self, *, code: str, message: str) -> tuple[Shipment, list[object]]:
        """Record that the carrier refused the label; while canceling, that completes the cancellation."""
        if self.status is ShipmentStatus.REQUESTED:
            failed = replace(self._to(ShipmentStatus.FAILED), failure_code=code, failure_message=message)
            return failed, announce.failed(failed, code, message)
        if self.status is ShipmentStatus.CANCELING and not self.tracking_number:
            return self._canceled()
        return self, []

    def cancel(self, *, asked_carrier: bool) -> tuple[Shipment, list[object]]:
        """Cancel the shipment, or answer why not. `asked_carrier`: a label may have been requested already."""
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
        """Record that the carrier canceled the label."""
        return self._canceled() if self.status is ShipmentStatus.CANCELING else (self, [])

    def cancel_refused(self, *, reason: str) -> tuple[Shipment, list[object]]:
        """Record that the carrier refused to cancel: the parcel continues, and later cancels get the same answer."""
        if self.status is not ShipmentStatus.CANCELING:
            return self, []
        kept = replace(self._to(ShipmentStatus.CREATED), cancel_refusal=reason)
        return kept, announce.cancel_refused(kept, reason)

    @property
    def has_label(self) -> bool:
        """Whether its label is recorded, or it needs none any more."""
        return bool(self.tracking_number) or self.status in FINAL

    def advance(self, event: TrackingEvent) -> tuple[Shipment, list[object]]:
        """Move forward by a tracking event, never back; late and repeated events change nothing.

        Raises LabelNotRecorded while the label is not recorded.
        """
        if self.status in FINAL:
            return self, []
        if not self.has_label:
            raise LabelNotRecorded
        is_latest = self.latest_at is None or event.occurred_at > self.latest_at
        updated = replace(self, latest_at=event.occurred_at) if is_latest else self
        target = MOVES.get(event.status)
        if target is not None and target in TRANSITIONS[self.status]:
            if target is ShipmentStatus.CANCELED:
                return updated._canceled(by="shop" if self.status is ShipmentStatus.CANCELING else "carrier")
            return updated._advanced(target, event)
        unchanged = event.status in _STAYS or target is self.status
        if is_latest and unchanged and self.status in UNDER_WAY:
            return updated, announce.progressed(updated, event)
        return updated, []

    def answers(self) -> list[object]:
        """Return the messages sent so far, for a sender that repeats its command."""
        if self.status is ShipmentStatus.CANCELED:
            return announce.canceled(self)
        if self.status is ShipmentStatus.FAILED:
            return announce.failed(self, self.failure_code, self.failure_message)
        if not self.tracking_number or self.status is ShipmentStatus.CANCELING:
            return []
        messages = announce.created(self)
        if self.dispatched_at:
            messages += announce.dispatched(self)
        if self.delivered_at:
            messages += announce.delivered(self)
        if self.ended_at:
            messages += self._failure()
        return messages

    def renumbered(self, attempt: int) -> Shipment:
        """Give the shipment a later attempt number, when it is requested again during its journey."""
        return replace(self, attempt=attempt)

    def try_again(self) -> Shipment:
        """Request the label again after a refusal. Raises ShipmentNotRetriable."""
        if self.status is not ShipmentStatus.FAILED:
            raise ShipmentNotRetriable
        return replace(self._to(ShipmentStatus.REQUESTED), failure_code="", failure_message="")

    def _advanced(self, target: ShipmentStatus, event: TrackingEvent) -> tuple[Shipment, list[object]]:
        after, messages = self._to(target), list[object]()
        if self.status is ShipmentStatus.CANCELING:
            after = replace(after, cancel_refusal=ALREADY_PICKED_UP)
            messages += announce.cancel_refused(after, ALREADY_PICKED_UP)
        if after.dispatched_at is None:
            after = replace(after, dispatched_at=event.occurred_at)
            messages += announce.dispatched(after)
        if target is ShipmentStatus.DELIVERED:
            after = replace(after, delivered_at=event.occurred_at)
            return replace(after, ended_at=None, end_reason=""), messages + announce.delivered(after)
        if target in {ShipmentStatus.RETURNED, ShipmentStatus.LOST}:
            reason = event.description if target is ShipmentStatus.RETURNED else str(event.status)
            after = replace(after, ended_at=event.occurred_at, end_reason=reason)
            return after, messages + announce.progressed(after, event) + after._failure()
        if target is ShipmentStatus.DISPATCHED:
            return after, messages
        return after, messages + announce.progressed(after, event)

    def _failure(self) -> list[object]:
        return announce.returned(self) if self.status is ShipmentStatus.RETURNED else announce.lost(self)

    def _canceled(self, *, by: str = "shop") -> tuple[Shipment, list[object]]:
        canceled = replace(self._to(ShipmentStatus.CANCELED), end_reason=by)
        return canceled, announce.canceled(canceled)

    def _to(self, status: ShipmentStatus) -> Shipment:
        return replace(self, status=moved(TRANSITIONS, self.status, status, what="A shipment"))
