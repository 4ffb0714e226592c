"""Whether a webhook's hint says anything that we do not know. Pure.

A hint is `<state> <captured> <refunded>`: what the provider's object was like when the event was made.
"""

from __future__ import annotations

from payments.domain.payment import UNDECIDED, PaymentStatus
from payments.domain.seen import SeenStatus

S = PaymentStatus

#: Our states in which the hint is no news: we are there already, or further.
_KNOWN: dict[str, frozenset[PaymentStatus]] = {
    SeenStatus.PROCESSING: frozenset(S),
    SeenStatus.ACTION_REQUIRED: frozenset(S) - {S.REQUESTED, S.UNKNOWN, S.VOIDING, S.FAILED},
    SeenStatus.AUTHORIZED: frozenset(S) - UNDECIDED - {S.VOIDING, S.DECLINED, S.FAILED},
    SeenStatus.CAPTURED: frozenset({S.CAPTURED}),
    SeenStatus.VOIDED: frozenset({S.VOIDED, S.DECLINED, S.FAILED}),
    SeenStatus.DECLINED: frozenset({S.VOIDED, S.DECLINED, S.FAILED}),
}


def is_news(hint: str, *, status: str, captured: int, refunded: int) -> bool:
    """True also for a hint that cannot be read: then the object is looked at."""
    parts = hint.split()
    if len(parts) != 3 or parts[0] not in _KNOWN or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return True
    if PaymentStatus(status) not in _KNOWN[parts[0]]:
        return True
    if parts[0] == SeenStatus.CAPTURED:
        return int(parts[1]) != captured or int(parts[2]) > refunded
    return False
