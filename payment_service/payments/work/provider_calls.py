"""Make the calls to the provider that commands have stored.

    lease (one statement: lease, idempotency key, sent_at) -> call, outside of any transaction -> settle (a transaction)

A worker that dies in between leaves a call that was sent with an unknown outcome. The next one to lease it looks
it up at the provider first, and sends it again only if there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from chassis.core.context import Trace, tracing
from payments import commands, queries, repository
from payments.commands import background
from payments.domain.provider_calls import OutcomeUnknown
from payments.models import ProviderCall
from payments.work.provider_request import call_provider


def make_call(call_id: UUID, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """Make the call if it is due and no other worker makes it; after a lost answer, look it up at once."""
    for _ in range(2):
        call = repository.lease_call(call_id, now=clock())
        if call is None:
            return
        with tracing(Trace(call.correlation_id, call.causation_id)):
            result = call_provider(call, clock())
            commands.settle_call(call=call, result=result, now=clock())
        if not isinstance(result, OutcomeUnknown):
            return


def make_due_calls(*, now: datetime, limit: int = 200) -> int:
    """Begin the calls that are due, as a fallback, and return their number."""
    return background.sweep(
        "job.carry_out_due_calls",
        due=lambda waiting: queries.calls_due(now, limit, without=waiting),
        work=make_call,
        now=now,
    )


background.register(ProviderCall, make_call)
