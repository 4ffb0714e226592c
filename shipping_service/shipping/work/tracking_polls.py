"""Poll the carrier for parcels about which no webhook has arrived for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from chassis.core.errors import DomainError
from chassis.work import leasing
from chassis.work.backoff import Backoff
from chassis.work.running import worker
from shipping import commands, providers
from shipping.commands.tracking import pause_after
from shipping.domain.carrier_call import LEASE, LONGEST_POLL_PAUSE
from shipping.domain.shipment import ENDED
from shipping.models import TrackingPoll
from shipping.providers.port import CarrierRefused, NoAnswer
from shipping.work.pool import POOL

log = structlog.get_logger(__name__)


@worker(
    TrackingPoll,
    job="poll_tracking",
    every=15,
    pool=POOL,
    lease=LEASE,
    backoff=Backoff(timedelta(minutes=1), LONGEST_POLL_PAUSE),
    related=("shipment",),
)
def poll_carrier(poll: TrackingPoll, now: datetime) -> None:
    """Ask for the tracking events of the parcel, unless one was recorded a short time ago."""
    updated_at = min(poll.shipment.updated_at, now)  # a clock may have been ahead
    if poll.shipment.status in ENDED:
        commands.stop_polling(shipment_id=poll.shipment_id)
    elif updated_at > now - pause_after(quiet=0):
        leasing.try_later(poll, at=updated_at + pause_after(quiet=0), quiet=0, attempts=0)
    else:
        _poll(poll, now)


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
