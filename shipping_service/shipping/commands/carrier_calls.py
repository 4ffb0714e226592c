"""Requests to the carrier: store them, withdraw them, record their outcome. `work.carrier_calls` makes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from uuid_utils.compat import uuid7

from chassis import statements
from chassis.core.context import journey
from chassis.jobs.retention import forget
from chassis.outbox.recorder import record
from chassis.transactions import transactional, unit_of_work
from chassis.work import leasing
from chassis.work.running import run_after_commit
from shipping import models, queries
from shipping.commands import tracking
from shipping.domain.carrier_call import Answer, BoughtLabel, CallNotOpen, CallState, Canceled, Operation, Refusal
from shipping.domain.shipment import Shipment, ShipmentNotRetriable
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.repository import shipments

log = structlog.get_logger(__name__)


def request_call(*, shipment_id: UUID, operation: Operation, now: datetime) -> None:
    """Store the call in the open transaction; it is made as soon as that is committed."""
    call = models.CarrierCall(shipment_id=shipment_id, operation=operation, due_at=now, created_at=now)
    statements.insert([call])
    run_after_commit(models.CarrierCall, call.id)


def withdraw_call(*, shipment_id: UUID, now: datetime) -> bool:
    """Withdraw the request for a label; return False if an attempt may have reached the carrier."""
    unmade = models.CarrierCall.objects.filter(
        shipment_id=shipment_id, operation=Operation.CREATE, state=CallState.WAITING, attempts=0
    )
    return bool(unmade.update(state=CallState.WITHDRAWN, due_at=None, finished_at=now))


@transactional
def retry_call(*, call_id: UUID, now: datetime) -> None:
    """Repeat a refused request for a label, or make the next attempt now. Raises ShipmentNotRetriable."""
    call = models.CarrierCall.objects.select_for_update().get(id=call_id)
    if call.state == CallState.REFUSED and call.operation == Operation.CREATE:
        shipment = _locked(call.shipment_id)
        if shipments.latest(order_id=shipment.order_id, return_id=shipment.return_id) != shipment:
            raise ShipmentNotRetriable("The order was sent again since; that is another shipment.")
        shipments.save(shipment.try_again(), before=shipment, now=now)
        # The carrier repeats its answer to a key; there was no label, so a new key is safe.
        call.idempotency_key, call.state, call.finished_at = uuid7(), CallState.WAITING, None
        call.stopped_at, call.stop_reason = None, ""
    elif call.state != CallState.WAITING:
        raise ShipmentNotRetriable
    call.due_at = now
    call.save(update_fields=["idempotency_key", "state", "finished_at", "due_at", "stopped_at", "stop_reason"])
    run_after_commit(models.CarrierCall, call_id)


@transactional
def give_up_call(*, call_id: UUID, reason: str, now: datetime) -> None:
    """Give up the call on behalf of staff: it is not sent again, and is refused once the carrier shows no label.

    Then the shipment fails, or continues uncanceled, and the order service hears of it. Raises CallNotOpen.
    """
    waiting = models.CarrierCall.objects.filter(leasing.unleased(now), id=call_id, finished_at=None)
    if not waiting.update(stopped_at=now, stop_reason=reason[:200], due_at=now, lease=None, leased_until=None):
        raise CallNotOpen
    run_after_commit(models.CarrierCall, call_id)
    log.warning("carrier_call_given_up", call_id=str(call_id))


@transactional
def record_answers(*, answers: Sequence[tuple[models.CarrierCall, Answer]], now: datetime) -> None:
    """Record what the carrier has answered to these calls. Nothing changes for a call whose lease was lost."""
    shipments.load(call.shipment_id for call, _ in answers)
    for call, answer in answers:
        with journey(call.shipment.correlation_id):
            match answer:
                case BoughtLabel():
                    _record_label(call, answer, now)
                case Canceled():
                    _record_cancellation(call, now)
                case Refusal():
                    _record_refusal(call, answer, now)


def _record_label(call: models.CarrierCall, label: BoughtLabel, now: datetime) -> None:
    shipment = _locked(call.shipment_id)
    if not leasing.finish(call, now=now, state=CallState.SUCCEEDED):
        return
    link = queries.label_link(shipment.id) if shipment.direction is Direction.RETURN else ""
    after, messages = shipment.label_bought(number=label.tracking_number, url=label.tracking_url, label_url=link)
    unit_of_work().collect(_store_labels, [(shipment.id, label)])
    tracking.start_polling(shipment_id=shipment.id, now=now)
    if after.status is ShipmentStatus.CANCELING:
        request_call(shipment_id=shipment.id, operation=Operation.CANCEL, now=now)
    shipments.save(after, before=shipment, now=now)
    record(messages)


def _record_cancellation(call: models.CarrierCall, now: datetime) -> None:
    shipment = _locked(call.shipment_id)
    if leasing.finish(call, now=now, state=CallState.SUCCEEDED):
        after, messages = shipment.cancel_confirmed()
        shipments.save(after, before=shipment, now=now)
        record(messages)


def _record_refusal(call: models.CarrierCall, refusal: Refusal, now: datetime) -> None:
    shipment = _locked(call.shipment_id)
    if not leasing.finish(call, now=now, state=CallState.REFUSED, error=f"{refusal.code}: {refusal.message}"):
        return
    if call.operation == Operation.CANCEL:
        after, messages = shipment.cancel_refused(reason=refusal.message[:300])
    else:
        after, messages = shipment.label_refused(code=refusal.code, message=refusal.message)
    shipments.save(after, before=shipment, now=now)
    record(messages)
    log.warning("carrier_refused", operation=call.operation, shipment_id=str(call.shipment_id), code=refusal.code)


def forget_calls(*, now: datetime) -> int:
    """Delete the calls that ended long ago and return their number. A refused one waits for staff."""
    done, long_ago = (CallState.SUCCEEDED, CallState.WITHDRAWN), now - timedelta(days=settings.CARRIER_CALLS_KEPT_DAYS)
    return forget(models.CarrierCall.objects.filter(state__in=done, finished_at__lt=long_ago))


def _locked(shipment_id: UUID) -> Shipment:
    shipment = shipments.locked(shipment_id)
    assert shipment is not None  # calls are deleted with their shipment
    return shipment


def _store_labels(labels: Sequence[tuple[UUID, BoughtLabel]]) -> None:
    rows = [
        models.Label(shipment_id=shipment_id, media_type=label.media_type, document=label.document)
        for shipment_id, label in labels
    ]
    models.Label.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["shipment"], update_fields=["media_type", "document"]
    )
