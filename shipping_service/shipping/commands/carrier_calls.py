"""Ask the carrier: leased, outside of any transaction, and never for a second label.

At once after the commit, by a job when that was lost, and by staff's retry: one code path, `run_call`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db.models import F
from uuid_utils.compat import uuid7

from chassis.core.context import journey
from chassis.jobs.retention import forget
from chassis.outbox.recorder import record
from chassis.transactions import after_commit, transactional
from shipping import models, providers, queries
from shipping.commands import tracking
from shipping.commands.background import run_due, run_soon
from shipping.domain.carrier_call import LEASE, CallState, Operation, pause_after
from shipping.domain.shipment import Direction, Shipment, ShipmentNotRetriable, ShipmentStatus
from shipping.models import FREE
from shipping.providers.port import BoughtLabel, CarrierRefused, NoAnswer, Parcel
from shipping.repository import shipments

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leased:
    """A call that is ours until the lease ends, with all that the carrier must be told."""

    id: UUID
    lease: UUID
    operation: Operation
    key: UUID
    attempts: int
    shipment_id: UUID
    tracking_number: str
    correlation_id: str
    parcel: Parcel


def ask(*, shipment_id: UUID, operation: Operation, now: datetime) -> None:
    """Store the call in the open transaction, and make it as soon as that is committed."""
    call = models.CarrierCall.objects.create(shipment_id=shipment_id, operation=operation, due_at=now, created_at=now)
    after_commit(lambda: run_soon(run_call, call.id))


def withdraw(*, shipment_id: UUID, now: datetime) -> bool:
    """Whether the request for a label was taken back before anybody had made it."""
    unasked = models.CarrierCall.objects.filter(
        shipment_id=shipment_id, operation=Operation.CREATE, state=CallState.WAITING, attempts=0
    )
    return bool(unasked.update(state=CallState.WITHDRAWN, finished_at=now))


def run_due_calls(*, now: datetime, limit: int = 20) -> None:
    """For the job: what no thread has made, and what is to be tried again."""
    calls = models.CarrierCall.objects.filter(state=CallState.WAITING, due_at__lte=now, leased_until__lte=now)

    def due(waiting: list[str]) -> list[UUID]:
        return list(calls.exclude(id__in=waiting).order_by("due_at").values_list("id", flat=True)[:limit])

    run_due("job.run_due_carrier_calls", run_call, due, now=now)


def forget_calls(*, now: datetime) -> int:
    """Delete those that were done long ago; how many. A refused one waits for a person."""
    done, long_ago = (CallState.SUCCEEDED, CallState.WITHDRAWN), now - timedelta(days=settings.CARRIER_CALLS_KEPT_DAYS)
    return forget(models.CarrierCall.objects.filter(state__in=done, due_at__lt=long_ago))


def run_call(call_id: UUID, *, now: datetime) -> None:
    """Make one attempt, unless somebody else is at it or it is done."""
    call = _lease(call_id=call_id, now=now)
    if call is None:
        return
    with journey(call.correlation_id):
        try:
            label = _make(call)
        except CarrierRefused as refusal:
            _record_refusal(call=call, refusal=refusal, now=now)
        except Exception as silence:  # NoAnswer, or a mistake in the adapter: either way we do not know
            if not isinstance(silence, NoAnswer):
                log.exception("carrier_adapter_failed")
            _record_silence(call=call, error=str(silence) or repr(silence), now=now)
        else:
            _record_success(call=call, label=label, now=now)


@transactional
def retry_call(*, call_id: UUID, now: datetime) -> None:
    """For staff: try a refused request for a label anew, or do not wait for the next attempt.

    Raises ShipmentNotRetriable when there is nothing to try.
    """
    call = models.CarrierCall.objects.select_for_update().get(id=call_id)
    if call.state == CallState.REFUSED and call.operation == Operation.CREATE:
        shipment = _locked(call.shipment_id)
        if shipments.latest(order_id=shipment.order_id, return_id=shipment.return_id) != shipment:
            raise ShipmentNotRetriable("The order was sent again since; that is another shipment.")
        shipments.save(shipment.try_again(), before=shipment, now=now)
        # The carrier repeats its answer to a key; there was no label, so a new key is safe.
        call.idempotency_key, call.state, call.finished_at = uuid7(), CallState.WAITING, None
    elif call.state != CallState.WAITING:
        raise ShipmentNotRetriable
    call.due_at = now
    call.save(update_fields=["idempotency_key", "state", "finished_at", "due_at"])
    after_commit(lambda: run_soon(run_call, call_id))


@transactional
def _lease(*, call_id: UUID, now: datetime) -> _Leased | None:
    free = models.CarrierCall.objects.filter(
        id=call_id, state=CallState.WAITING, due_at__lte=now, leased_until__lte=now
    )
    lease = uuid4()
    if not free.update(lease=lease, leased_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    call = models.CarrierCall.objects.select_related("shipment").get(id=call_id)
    sent = call.shipment
    parcel = Parcel(
        reference=sent.reference,
        direction=Direction(sent.direction),
        carrier=sent.carrier,
        service=sent.service,
        number=sent.number,
        address=sent.address,
        lines=tuple(sent.lines),
        weight_grams=sent.weight_grams,
    )
    return _Leased(
        id=call.id,
        lease=lease,
        operation=Operation(call.operation),
        key=call.idempotency_key,
        attempts=call.attempts,
        shipment_id=sent.id,
        tracking_number=sent.tracking_number,
        correlation_id=sent.correlation_id,
        parcel=parcel,
    )


def _make(call: _Leased) -> BoughtLabel | None:
    """Outside of any transaction. After an attempt without an answer, look before asking again."""
    carrier = providers.carrier()
    if call.operation is Operation.CANCEL:
        carrier.cancel(call.tracking_number, key=call.key)
        return None
    found = carrier.find(call.parcel.reference) if call.attempts > 1 else None
    return found or carrier.create(call.parcel, key=call.key)


@transactional
def _record_success(*, call: _Leased, label: BoughtLabel | None, now: datetime) -> None:
    shipment = _locked(call.shipment_id)
    if not _finish(call, CallState.SUCCEEDED, now):
        return
    if label is None:
        after, messages = shipment.cancel_confirmed()
    else:
        link = queries.label_link(shipment.id) if shipment.direction is Direction.RETURN else ""
        after, messages = shipment.label_bought(number=label.tracking_number, url=label.tracking_url, label_url=link)
        _keep_label(shipment.id, label)
        tracking.watch(shipment_id=shipment.id, now=now)
        if after.status is ShipmentStatus.CANCELING:
            ask(shipment_id=shipment.id, operation=Operation.CANCEL, now=now)
    shipments.save(after, before=shipment, now=now)
    record(messages)


@transactional
def _record_refusal(*, call: _Leased, refusal: CarrierRefused, now: datetime) -> None:
    shipment = _locked(call.shipment_id)
    if not _finish(call, CallState.REFUSED, now, error=str(refusal)):
        return
    if call.operation is Operation.CANCEL:
        after, messages = shipment.cancel_refused(reason=refusal.message[:300])
    else:
        after, messages = shipment.label_refused(code=refusal.code, message=refusal.message)
    shipments.save(after, before=shipment, now=now)
    record(messages)
    log.warning("carrier_refused", operation=call.operation, reference=call.parcel.reference, code=refusal.code)


@transactional
def _record_silence(*, call: _Leased, error: str, now: datetime) -> None:
    models.CarrierCall.objects.filter(id=call.id, state=CallState.WAITING, lease=call.lease).update(
        lease=None, leased_until=FREE, due_at=now + pause_after(call.attempts), error=error[:2000]
    )
    log.warning("carrier_silent", operation=call.operation, reference=call.parcel.reference, error=error)


def _finish(call: _Leased, state: CallState, now: datetime, *, error: str = "") -> int:
    """Nothing when the lease was lost: whoever holds it now finds out by looking."""
    mine = models.CarrierCall.objects.filter(id=call.id, state=CallState.WAITING, lease=call.lease)
    return mine.update(state=state, finished_at=now, error=error[:2000], lease=None, leased_until=FREE)


def _locked(shipment_id: UUID) -> Shipment:
    shipment = shipments.locked(id=shipment_id)
    assert shipment is not None  # calls are deleted with their shipment
    return shipment


def _keep_label(shipment_id: UUID, label: BoughtLabel) -> None:
    models.Label.objects.bulk_create(
        [models.Label(shipment_id=shipment_id, media_type=label.media_type, document=label.document)],
        update_conflicts=True,
        unique_fields=["shipment"],
        update_fields=["media_type", "document"],
    )
