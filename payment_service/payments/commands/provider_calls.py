"""Commands that store what the provider has reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings

from chassis.jobs.retention import forget
from chassis.transactions import transactional
from payments import repository
from payments.commands.order_changes import store
from payments.domain import provider_updates
from payments.domain.provider_calls import (
    Abandoned,
    CallResult,
    Completed,
    LeasedCall,
    OutcomeUnknown,
    RefundCompleted,
    Rejected,
    RetryLater,
)
from payments.domain.provider_payment import ProviderPayment, ProviderStatus
from payments.models import FREE, CallStatus, ProviderCall

log = structlog.get_logger(__name__)

LONGEST_BACKOFF = 300


@transactional
def settle_call(*, call: LeasedCall, result: CallResult, now: datetime) -> None:
    """Store the result of a call with the reply to the order service; nothing if another worker has the call now."""
    order = repository.locked(call.order_id)
    if not repository.update_call(call, now=now, **_columns_after(call, result, now)):
        return
    provider_updates.apply_result(order, call, result)
    store(order, now)
    log.info("provider_call", operation=call.operation, order_id=str(call.order_id), result=type(result).__name__)


@transactional
def record_provider_payment(*, payment_id: UUID, order_id: UUID, found: ProviderPayment, now: datetime) -> None:
    """Apply the provider's payment object; what we know already changes nothing."""
    order = repository.locked(order_id)
    provider_updates.apply_payment(order, payment_id, found)
    store(order, now)


def forget_calls(*, now: datetime) -> int:
    """Delete calls that ended long ago and return their number; payment and ledger keep what they came to."""
    ended = [status for status in CallStatus if status is not CallStatus.OPEN]
    long_ago = now - timedelta(days=settings.PROVIDER_CALLS_KEPT_DAYS)
    return forget(ProviderCall.objects.filter(status__in=ended, due_at__lt=long_ago))


def _columns_after(call: LeasedCall, result: CallResult, now: datetime) -> dict[str, Any]:
    """Return the call's columns after this result."""
    wait = timedelta(seconds=min(2**call.attempts, LONGEST_BACKOFF))
    retry = {"status": CallStatus.OPEN, "due_at": now + wait, "leased_until": FREE, "lease": None}
    match result:
        case Completed(found) if found.status is ProviderStatus.PROCESSING:
            return retry
        case RefundCompleted(refund) if refund.status == "pending":
            return retry
        case Completed() | RefundCompleted():
            return {"status": CallStatus.DONE, "error": ""}
        case Rejected(code, message):
            return {"status": CallStatus.REFUSED, "error": f"{code}: {message}"[:500]}
        case Abandoned(code, message):
            return {"status": CallStatus.GIVEN_UP, "error": f"{code}: {message}"[:500]}
        case RetryLater(error, sent):
            return {**retry, "error": error[:500], **({} if sent else {"sent_at": None})}
        case OutcomeUnknown(error):
            return {**retry, "due_at": now + wait if call.was_sent else now, "error": error[:500]}
