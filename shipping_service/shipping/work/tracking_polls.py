"""Poll the carrier for parcels about which no webhook has arrived for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from chassis.core.errors import DomainError
from chassis.transactions import transactional
from chassis.work import leasing
from chassis.work.backoff import Backoff
from chassis.work.batches import batch_worker
from shipping import commands, providers
from shipping.commands.tracking import pause_after
from shipping.domain.carrier_call import LEASE, LONGEST_POLL_PAUSE
from shipping.domain.shipment import ENDED
from shipping.models import TrackingPoll
from shipping.providers.port import CarrierRefused, NoAnswer
from shipping.work.pool import POOL

log = structlog.get_logger(__name__)


@transactional
def settle_without_call(polls: Sequence[TrackingPoll], now: datetime) -> list[TrackingPoll]:
    """End the polls of parcels whose journey is over, put off those with news, and return the others."""
    over = [poll for poll in polls if poll.shipment.status in ENDED]
    if over:
        commands.stop_polling(shipment_ids=[poll.shipment_id for poll in over])
    return [poll for poll in polls if poll not in over and not _put_off(poll, now)]


@batch_worker(
    TrackingPoll,
    together=settle_without_call,
    job="poll_tracking",
    every=15,
    pool=POOL,
    lease=LEASE,
    backoff=Backoff(timedelta(minutes=1), LONGEST_POLL_PAUSE),
    related=("shipment",),
)
def poll_carrier(poll: TrackingPoll, now: datetime) -> None:
    """Ask for the tracking events of the parcel, unless that is needless."""
    for needed in settle_without_call([poll], now):
        _poll(needed, now)


def _put_off(poll: TrackingPoll, now: datetime) -> bool:
    """Put the poll off if an event was recorded a short time ago."""
    updated_at = min(poll.shipment.updated_at, now)  # a clock may have been ahead
    if updated_at <= now - pause_after(quiet=0):
        return False
    leasing.try_later(poll, at=updated_at + pause_after(quiet=0), quiet=0, attempts=0)
    return True


def _poll(poll: TrackingPoll, now: datetime) -> None:
    error, new = "", 0
    try:
        events = providers.carrier().track(poll.shipment.tracking_number)
        new = commands.record_tracking(events=events, now=now, id=poll.shipment_id)
    except (NoAnswer, CarrierRefused, DomainError) as failure:
        error = str(failure) or repr(failure)
        log.warning("tracking_not_answered", tracking_number=poll.shipment.tracking_number, error=error)
    quiet = 0 if new else poll.quiet + 1
    leasing.try_later(poll, at=now + pause_after(quiet=quiet), error=error, quiet=quiet, attempts=0)
