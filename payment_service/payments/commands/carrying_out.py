"""Carry out what is to be done at the provider: exactly one code path, guarded by a lease.

    begin (a transaction: lease, idempotency key, "sent") -> the call, outside of any -> settle (a transaction)

Whoever dies in between leaves a call that was sent with an unknown result. The next one to take it looks
at the provider for what came of it, and asks again only when there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import timezone

from chassis.core.context import Trace, tracing
from chassis.jobs.retention import forget
from chassis.outbox.recording import record
from chassis.transactions import transactional
from payments import queries, repository
from payments.commands import prompt
from payments.commands.at_provider import (
    Done,
    DoneRefund,
    GaveUp,
    InDoubt,
    Later,
    No,
    Result,
    at_provider,
)
from payments.domain import learning
from payments.domain.account import Account
from payments.domain.ledger import Operation
from payments.domain.seen import SeenStatus
from payments.models import FREE, CallStatus, ProviderCall
from payments.repository import Begun

log = structlog.get_logger(__name__)

LONGEST_BACKOFF = 300


def carry_out(call_id: UUID, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """Make the call, if it is due and nobody else is making it. After a lost answer, look at once."""
    for _ in range(2):
        begun = repository.begin_call(call_id, now=clock())
        if begun is None:
            return
        with tracing(Trace(begun.correlation_id, begun.causation_id)):
            result = at_provider(begun, clock())
            settle(begun=begun, result=result, now=clock())
        if not isinstance(result, InDoubt):
            return


def forget_calls(*, now: datetime) -> int:
    """Delete those that ended long ago; how many. What they came to stands in the payment and its ledger."""
    ended = [status for status in CallStatus if status is not CallStatus.OPEN]
    long_ago = now - timedelta(days=settings.PROVIDER_CALLS_KEPT_DAYS)
    return forget(ProviderCall.objects.filter(status__in=ended, due_at__lt=long_ago))


def carry_out_due(*, now: datetime, limit: int = 200) -> int:
    """The fallback: begin what is due and what nobody has done; how many."""
    return prompt.sweep_soon(
        "job.carry_out_due_calls",
        due=lambda waiting: queries.calls_due(now, limit, without=waiting),
        work=carry_out,
        now=now,
    )


@transactional
def settle(*, begun: Begun, result: Result, now: datetime) -> None:
    """Store what came of it, with the message that answers. Nothing, when another has taken the call over."""
    account = repository.locked(begun.order_id)
    if not repository.end_call(begun, now=now, **_call_after(begun, result, now)):
        return
    _apply(account, begun, result)
    calls = repository.save(account, now=now)
    record(account.messages)
    prompt.after_this_commit(carry_out, calls)
    log.info("provider_call", operation=begun.operation, order_id=str(begun.order_id), result=type(result).__name__)


def _apply(account: Account, begun: Begun, result: Result) -> None:
    match result:
        case Done(seen):
            learning.learn(account, begun.payment_id, seen)
        case DoneRefund(seen):
            learning.learn_refund(account, begun.payment_id, seen)
        case No(code, message) | GaveUp(code, message):
            _refuse(account, begun, code, message, gave_up=isinstance(result, GaveUp))
        case InDoubt() if not begun.was_sent:
            learning.doubt(account, begun.operation, begun.payment_id, begun.refund_id)
        case _:
            pass


def _refuse(account: Account, begun: Begun, code: str, message: str, *, gave_up: bool) -> None:
    match begun.operation:
        case Operation.AUTHORIZE if gave_up:
            learning.give_up(account, begun.payment_id, code, message)
        case Operation.AUTHORIZE:
            learning.decline(account, begun.payment_id, code, message)
        case Operation.CAPTURE:
            learning.refuse_capture(account, begun.payment_id, code, message)
        case Operation.REFUND if begun.refund_id:
            learning.refuse_refund(account, begun.refund_id, code, message)
        case _:
            pass


def _call_after(begun: Begun, result: Result, now: datetime) -> dict[str, Any]:
    """The call's row afterwards."""
    wait = timedelta(seconds=min(2**begun.attempts, LONGEST_BACKOFF))
    again = {"status": CallStatus.OPEN, "due_at": now + wait, "leased_until": FREE, "lease": None}
    match result:
        case Done(seen) if seen.status is SeenStatus.PROCESSING:
            return again
        case DoneRefund(seen) if seen.status == "pending":
            return again
        case Done() | DoneRefund():
            return {"status": CallStatus.DONE, "error": ""}
        case No(code, message):
            return {"status": CallStatus.REFUSED, "error": f"{code}: {message}"[:500]}
        case GaveUp(code, message):
            return {"status": CallStatus.GIVEN_UP, "error": f"{code}: {message}"[:500]}
        case Later(error, sent):
            return {**again, "error": error[:500], **({} if sent else {"sent_at": None})}
        case InDoubt(error):
            return {**again, "due_at": now + wait if begun.was_sent else now, "error": error[:500]}
