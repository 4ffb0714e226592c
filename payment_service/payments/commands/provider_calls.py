"""Commands that store what the provider has reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings

from chassis.jobs.retention import forget
from chassis.transactions import transactional
from chassis.work.backoff import Backoff
from chassis.work.running import run_after_commit
from payments import repository
from payments.commands.order_changes import store
from payments.domain import provider_updates
from payments.domain.provider_calls import (
    Abandoned,
    CallNotOpen,
    CallResult,
    Completed,
    LeasedCall,
    Operation,
    OutcomeUnknown,
    RefundCompleted,
    Rejected,
    RetryLater,
    check_stoppable,
)
from payments.domain.provider_payment import ProviderPayment, ProviderStatus
from payments.models import CallStatus, ProviderCall

log = structlog.get_logger(__name__)

BACKOFF = Backoff(first=timedelta(seconds=2), longest=timedelta(minutes=5))


@transactional
def settle_call(*, call: LeasedCall, result: CallResult, now: datetime) -> None:
    """Store the result of a call with the reply to the order service; nothing if another worker has the call now."""
    order = repository.locked(call.order_id)
    if not _settle_row(call, result, now):
        return
    provider_updates.apply_result(order, call, result)
    store(order, now)
    log.info("provider_call", operation=call.operation, order_id=str(call.order_id), result=type(result).__name__)


@transactional
def give_up_call(*, call_id: UUID, by: str, reason: str, now: datetime) -> None:
    """Give up the call for staff: it is not sent again, and ends once the provider shows that nothing happened.

    Then the payment or refund fails, and the order service hears of it. Whatever has happened after all is recorded.
    Raises HeldMoneyMustBeReleased and CallNotOpen.
    """
    row = ProviderCall.objects.get(id=call_id)
    check_stoppable(Operation(row.operation))
    if not repository.stop_call(row, by=by, reason=reason, now=now):
        raise CallNotOpen
    run_after_commit(ProviderCall, call_id)
    log.warning("provider_call_given_up", operation=row.operation, call_id=str(call_id), by=by)


@transactional
def record_provider_payment(*, payment_id: UUID, order_id: UUID, found: ProviderPayment, now: datetime) -> None:
    """Apply the provider's payment object; what we know already changes nothing."""
    order = repository.locked(order_id)
    provider_updates.apply_payment(order, payment_id, found)
    store(order, now)


def forget_calls(*, now: datetime) -> int:
    """Delete calls that ended long ago and return their number; payment and ledger keep what they came to."""
    long_ago = now - timedelta(days=settings.PROVIDER_CALLS_KEPT_DAYS)
    return forget(ProviderCall.objects.filter(finished_at__lt=long_ago))


def _settle_row(call: LeasedCall, result: CallResult, now: datetime) -> bool:
    """Write the call's row; return False if another worker has the call now."""
    later = now + BACKOFF.after(call.attempts)
    match result:
        case Completed(found) if found.status is ProviderStatus.PROCESSING:
            return repository.retry_call(call, at=later, now=now)
        case RefundCompleted(refund) if refund.status == "pending":
            return repository.retry_call(call, at=later, now=now)
        case Completed() | RefundCompleted():
            return repository.finish_call(call, CallStatus.DONE, now=now)
        case Rejected(code, message):
            return repository.finish_call(call, CallStatus.REFUSED, now=now, error=f"{code}: {message}")
        case Abandoned(code, message):
            return repository.finish_call(call, CallStatus.GIVEN_UP, now=now, error=f"{code}: {message}")
        case RetryLater(error, sent):
            return repository.retry_call(call, at=later, now=now, error=error, sent=sent)
        case OutcomeUnknown(error) if call.was_sent:
            return repository.retry_call(call, at=later, now=now, error=error)
        case OutcomeUnknown(error):
            run_after_commit(ProviderCall, call.id)  # look it up at once
            return repository.retry_call(call, at=now, now=now, error=error)
