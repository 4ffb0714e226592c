"""One call at the provider: look first when an earlier one may have got through, then ask. No database here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from payments.domain.ledger import Operation
from payments.domain.seen import SeenPayment, SeenRefund, SeenStatus
from payments.providers import required_provider
from payments.providers.port import Charge, NotDone, Provider, Refused, Unknown
from payments.repository import Begun

log = structlog.get_logger(__name__)

#: No provider works longer on one request: what is not to be found by then was never done.
IN_FLIGHT = timedelta(minutes=2)
CREATES = {Operation.AUTHORIZE, Operation.REFUND}
DECIDED = {SeenStatus.CAPTURED, SeenStatus.VOIDED, SeenStatus.DECLINED}


@dataclass(frozen=True, slots=True)
class Done:
    seen: SeenPayment


@dataclass(frozen=True, slots=True)
class DoneRefund:
    seen: SeenRefund


@dataclass(frozen=True, slots=True)
class No:
    """The provider's final no."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class GaveUp:
    """It was never done, and it is too late to do it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Later:
    """Try again. `sent`: an earlier call may have got through."""

    error: str
    sent: bool


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The answer was lost."""

    error: str


Result = Done | DoneRefund | No | GaveUp | Later | InDoubt


def at_provider(begun: Begun, now: datetime) -> Result:
    """What came of it. Never raises: an error that nobody foresaw leaves the result in doubt."""
    try:
        provider = required_provider(begun.provider)
    except LookupError as error:
        return Later(str(error), begun.was_sent)
    if begun.was_sent:
        try:
            found = _look(provider, begun)
        except Exception as error:  # no sight, no act
            return Later(_text(error), sent=True)
        if found is not None:
            return found
    too_late = _too_late(begun, provider, now)
    if too_late is not None:
        return too_late
    try:
        return _send(provider, begun)
    except Refused as refusal:
        return _after_refusal(provider, begun, refusal)
    except NotDone as error:
        return Later(_text(error), begun.was_sent)
    except Unknown as error:
        return InDoubt(_text(error))
    except Exception as error:
        log.exception("provider_call_broke", operation=begun.operation, order_id=str(begun.order_id))
        return InDoubt(_text(error))


def _send(provider: Provider, begun: Begun) -> Done | DoneRefund:
    match begun.operation:
        case Operation.AUTHORIZE:
            charge = Charge(
                reference=begun.payment_id,
                order_id=begun.order_id,
                number=begun.number,
                amount=begun.amount,
                method=begun.method,
            )
            return Done(provider.authorize(charge, key=begun.key))
        case Operation.CAPTURE:
            return Done(provider.capture(begun.provider_id, begun.amount, key=begun.key))
        case Operation.VOID:
            return Done(provider.void(begun.provider_id, key=begun.key))
        case Operation.REFUND:
            assert begun.refund_id
            return DoneRefund(
                provider.refund(begun.provider_id, begun.amount, reference=begun.refund_id, key=begun.key)
            )


def _look(provider: Provider, begun: Begun) -> Done | DoneRefund | None:
    """What an earlier call has done; None: nothing."""
    if begun.operation is Operation.AUTHORIZE:
        if begun.provider_id:
            return Done(provider.look_up(begun.provider_id))
        found = provider.find(begun.payment_id, since=begun.sent_at - timedelta(minutes=5))
        return Done(found) if found else None
    seen = provider.look_up(begun.provider_id)
    if begun.operation is Operation.REFUND:
        ours = next((refund for refund in seen.refunds if refund.reference == str(begun.refund_id)), None)
        return DoneRefund(ours) if ours else None
    return Done(seen) if seen.status in DECIDED else None


def _too_late(begun: Begun, provider: Provider, now: datetime) -> GaveUp | Later | None:
    """Whether it may still be asked. A key that the provider may have forgotten is never used again."""
    age = now - begun.sent_at
    if begun.operation is Operation.AUTHORIZE and begun.unwanted:
        if begun.was_sent and age < IN_FLIGHT:
            return Later("not there yet", sent=True)
        return GaveUp("order_closed", "The order was closed before the payment was made.")
    if begun.operation in CREATES and begun.was_sent and age > provider.key_lifetime:
        return GaveUp("provider_unavailable", "The payment provider could not be reached. Nothing was done.")
    if begun.operation is Operation.AUTHORIZE and not begun.was_sent and now >= begun.expires_at:
        return GaveUp("expired", "The time to pay is over. Nothing was charged.")
    return None


def _after_refusal(provider: Provider, begun: Begun, refusal: Refused) -> Result:
    """A capture or void may be refused because the money has gone another way: the object says so."""
    if begun.operation in CREATES:
        return No(refusal.code, refusal.message)
    try:
        seen = provider.look_up(begun.provider_id)
    except Exception as error:
        return InDoubt(_text(error))
    if seen.status in DECIDED:
        return Done(seen)
    if begun.operation is Operation.VOID:
        return Later(_text(refusal), sent=True)  # what is held must be released: nothing ends this but success
    return No(refusal.code, refusal.message)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
