"""What a verified webhook says, and whether it is new to us. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from payments.domain.payment import UNDECIDED, PaymentStatus
from payments.domain.provider_payment import ProviderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotice:
    """A verified webhook. `provider_id` and `reference` name the payment, `dispute_id` the dispute that it is about.

    `snapshot`: the object's state when the event was made, as `<status> <captured> <refunded>`; empty if unknown.
    """

    event_id: str
    type: str
    provider_id: str = ""
    reference: str = ""
    snapshot: str = ""
    dispute_id: str = ""


#: Our statuses in which the snapshot's status is not new: we are there already, or further.
_KNOWN: dict[str, frozenset[PaymentStatus]] = {
    ProviderStatus.PROCESSING: frozenset(PaymentStatus),
    ProviderStatus.ACTION_REQUIRED: frozenset(PaymentStatus)
    - {PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN, PaymentStatus.VOIDING, PaymentStatus.FAILED},
    ProviderStatus.APPROVED: frozenset(PaymentStatus)
    - {PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN, PaymentStatus.ACTION_REQUIRED, PaymentStatus.VOIDING},
    ProviderStatus.AUTHORIZED: frozenset(PaymentStatus)
    - UNDECIDED
    - {PaymentStatus.VOIDING, PaymentStatus.DECLINED, PaymentStatus.FAILED},
    ProviderStatus.CAPTURED: frozenset({PaymentStatus.CAPTURED}),
    ProviderStatus.VOIDED: frozenset({PaymentStatus.VOIDED, PaymentStatus.DECLINED, PaymentStatus.FAILED}),
    ProviderStatus.DECLINED: frozenset({PaymentStatus.VOIDED, PaymentStatus.DECLINED, PaymentStatus.FAILED}),
}


def is_new(snapshot: str, *, status: str, captured: int, refunded: int) -> bool:
    """Return whether the snapshot differs from our state; True also for one that cannot be read."""
    parts = snapshot.split()
    if len(parts) != 3 or parts[0] not in _KNOWN or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return True
    if PaymentStatus(status) not in _KNOWN[parts[0]]:
        return True
    if parts[0] == ProviderStatus.CAPTURED:
        return int(parts[1]) != captured or int(parts[2]) > refunded
    return False
