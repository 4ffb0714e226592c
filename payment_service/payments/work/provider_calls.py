"""Make the calls to the provider that commands have stored.

    lease -> store idempotency key and sent_at -> call, outside of any transaction -> settle (a transaction)

A worker that dies in between leaves a call that was sent with an unknown outcome. The next one to lease it looks
it up at the provider first, and sends it again only if there is nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from chassis.core.context import Trace, tracing
from chassis.work import leasing
from chassis.work.running import worker
from payments import commands, repository
from payments.commands.provider_calls import BACKOFF
from payments.models import CallStatus, ProviderCall
from payments.repository.provider_calls import LEASE
from payments.work.pool import POOL
from payments.work.provider_request import call_provider


@worker(
    ProviderCall,
    job="carry_out_due_calls",
    every=5,
    pool=POOL,
    lease=LEASE,
    backoff=BACKOFF,
    related=("payment",),
    limit=200,
)
def make_call(row: ProviderCall, now: datetime) -> None:
    """Make the leased call and settle it."""
    if row.status != CallStatus.OPEN:  # ended by the version before, which does not set finished_at
        leasing.finish(row, now=now, error=row.error)
        return
    call = repository.start_call(row, now=now)
    if call is None:
        return
    started = monotonic()
    with tracing(Trace(call.correlation_id, call.causation_id)):
        result = call_provider(call, now)
        commands.settle_call(call=call, result=result, now=now + timedelta(seconds=monotonic() - started))
