"""One request to the provider: look up an earlier attempt that may have arrived, then send. No database here."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from payments.domain.provider_calls import (
    CREATING,
    HOLDING,
    Abandoned,
    CallResult,
    Completed,
    LeasedCall,
    Operation,
    OutcomeUnknown,
    RefundCompleted,
    Rejected,
    RetryLater,
    given_up,
)
from payments.domain.provider_payment import ProviderStatus
from payments.providers import required_provider
from payments.providers.port import (
    Charge,
    Provider,
    RequestNotProcessed,
    RequestOutcomeUnknown,
    RequestRejected,
)

log = structlog.get_logger(__name__)

#: No provider works longer on one request: what cannot be found after this was never done.
IN_FLIGHT = timedelta(minutes=2)
UNCONFIRMED = {ProviderStatus.ACTION_REQUIRED, ProviderStatus.APPROVED}
#: A capture or void need not be sent again: the payment has ended, or the provider is about to decide.
ENDED = {ProviderStatus.CAPTURED, ProviderStatus.VOIDED, ProviderStatus.DECLINED, ProviderStatus.PROCESSING}


def call_provider(call: LeasedCall, now: datetime) -> CallResult:
    """Make the call and return its result. Never raises: after an unforeseen error the outcome is unknown."""
    if call.stopped_at and not call.was_sent:
        return given_up(call.operation)
    try:
        provider = required_provider(call.provider)
    except LookupError as error:
        return RetryLater(str(error), call.was_sent)
    if call.was_sent:
        try:
            found = _look_up(provider, call)
        except Exception as error:  # cannot verify the earlier attempt, so do not send another
            return RetryLater(_text(error), sent=True)
        if found is not None:
            return found
    too_late = _too_late(call, provider, now)
    if too_late is not None:
        return too_late
    try:
        return _send(provider, call)
    except RequestRejected as rejection:
        return _after_rejection(provider, call, rejection)
    except RequestNotProcessed as error:
        return RetryLater(_text(error), call.was_sent)
    except RequestOutcomeUnknown as error:
        return OutcomeUnknown(_text(error))
    except Exception as error:
        log.exception("provider_call_broke", operation=call.operation, order_id=str(call.order_id))
        return OutcomeUnknown(_text(error))


def _send(provider: Provider, call: LeasedCall) -> Completed | RefundCompleted:
    match call.operation:
        case Operation.AUTHORIZE:
            charge = Charge(
                reference=call.payment_id,
                order_id=call.order_id,
                number=call.number,
                amount=call.amount,
                method=call.method,
            )
            return Completed(provider.authorize(charge, key=call.key))
        case Operation.CONFIRM:
            return Completed(provider.confirm(call.provider_id, key=call.key))
        case Operation.CAPTURE:
            return Completed(provider.capture(call.provider_id, call.amount, key=call.key))
        case Operation.VOID:
            return Completed(provider.void(call.provider_id, key=call.key))
        case Operation.REFUND:
            assert call.refund_id
            return RefundCompleted(
                provider.refund(call.provider_id, call.amount, reference=call.refund_id, key=call.key)
            )


def _look_up(provider: Provider, call: LeasedCall) -> Completed | RefundCompleted | None:
    """Return what an earlier attempt has done; None if it has done nothing."""
    if call.operation is Operation.AUTHORIZE:
        if call.provider_id:
            return Completed(provider.fetch(call.provider_id))
        found = provider.find(call.payment_id, since=call.sent_at - timedelta(minutes=5))
        return Completed(found) if found else None
    payment = provider.fetch(call.provider_id)
    if call.operation is Operation.CONFIRM:
        return None if payment.status in UNCONFIRMED else Completed(payment)
    if call.operation is Operation.REFUND:
        ours = next((refund for refund in payment.refunds if refund.reference == str(call.refund_id)), None)
        return RefundCompleted(ours) if ours else None
    return Completed(payment) if payment.status in ENDED else None


def _too_late(call: LeasedCall, provider: Provider, now: datetime) -> Abandoned | RetryLater | None:
    """Return the result if the call must not be sent any more; a key that may have expired is never used again."""
    if call.stopped_at and now - call.stopped_at < IN_FLIGHT:
        return RetryLater("given up; its last attempt may still be under way", sent=True)
    if call.stopped_at:  # nothing was sent after that
        return given_up(call.operation)
    age = now - call.sent_at
    if call.operation in HOLDING and call.unwanted:
        if call.was_sent and age < IN_FLIGHT:
            return RetryLater("not there yet", sent=True)
        return Abandoned("order_closed", "The order was closed before the payment was made.")
    if call.operation in CREATING and call.was_sent and age > provider.key_lifetime:
        return Abandoned("provider_unavailable", "The payment provider could not be reached. Nothing was done.")
    if call.operation in HOLDING and not call.was_sent and now >= call.expires_at:
        return Abandoned("expired", "The time to pay is over. Nothing was charged.")
    return None


def _after_rejection(provider: Provider, call: LeasedCall, rejection: RequestRejected) -> CallResult:
    """A capture or void may be rejected because the payment has ended in another way; its object says so."""
    if call.operation in CREATING:
        return Rejected(rejection.code, rejection.message)
    try:
        found = provider.fetch(call.provider_id)
    except Exception as error:
        return OutcomeUnknown(_text(error))
    if found.status in ENDED:
        return Completed(found)
    if call.operation is Operation.VOID:
        return RetryLater(_text(rejection), sent=True)  # held money must be released: only success ends this
    return Rejected(rejection.code, rejection.message)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
