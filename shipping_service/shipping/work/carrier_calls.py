"""Make the calls to the carrier that commands have stored, and never buy a second label."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chassis.core.context import journey
from chassis.work.backoff import Backoff
from chassis.work.batches import caller
from chassis.work.running import TryLater
from shipping import commands, providers
from shipping.domain.carrier_call import (
    FIRST_PAUSE,
    IN_FLIGHT,
    LEASE,
    LONGEST_PAUSE,
    Answer,
    BoughtLabel,
    Canceled,
    Operation,
    Parcel,
    Refusal,
)
from shipping.domain.shipment_data import Direction
from shipping.models import CarrierCall, Shipment
from shipping.providers.port import CarrierRefused, NoAnswer
from shipping.work.pool import POOL


def settle(answers: Sequence[tuple[CarrierCall, Answer]], now: datetime) -> None:
    commands.record_answers(answers=answers, now=now)


@caller(
    CarrierCall,
    settle=settle,
    job="run_due_carrier_calls",
    every=5,
    pool=POOL,
    lease=LEASE,
    backoff=Backoff(FIRST_PAUSE, LONGEST_PAUSE),  # without an end: the order is paid
    related=("shipment",),
    limit=10,
)
def make_call(call: CarrierCall, now: datetime) -> Answer:
    """Call the carrier and return its answer."""
    with journey(call.shipment.correlation_id):
        try:
            return _call_carrier(call, now)
        except CarrierRefused as refusal:
            return Refusal(refusal.code, refusal.message)
        except NoAnswer as error:
            raise TryLater(str(error)) from error


def _call_carrier(call: CarrierCall, now: datetime) -> BoughtLabel | Canceled:
    """Buy or cancel the label. After an attempt without an answer, look the label up before asking again."""
    carrier, shipment = providers.carrier(), call.shipment
    if call.operation == Operation.CANCEL:
        _check_wanted(call, now)
        carrier.cancel(shipment.tracking_number, key=call.idempotency_key)
        return Canceled()
    found = carrier.find(shipment.reference) if call.attempts > 1 else None
    if found is None:
        _check_wanted(call, now)
    return found or carrier.create(_parcel(shipment), key=call.idempotency_key)


def _check_wanted(call: CarrierCall, now: datetime) -> None:
    """Raise CarrierRefused if staff have given the call up, once its last attempt cannot be under way any more."""
    if call.stopped_at and call.attempts > 1 and now - call.stopped_at < IN_FLIGHT:
        raise TryLater("given up; its last attempt may still be under way")
    if call.stopped_at:
        raise CarrierRefused("given_up", call.stop_reason)


def _parcel(shipment: Shipment) -> Parcel:
    return Parcel(
        reference=shipment.reference,
        direction=Direction(shipment.direction),
        carrier=shipment.carrier,
        service=shipment.service,
        number=shipment.number,
        address=shipment.address,
        lines=tuple(shipment.lines),
        weight_grams=shipment.weight_grams,
    )
