"""The differences that there can be between our books and the provider's. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from payments.domain.payment import UNDECIDED, PaymentStatus
from payments.domain.provider_payment import ProviderDispute, ProviderPayment, ProviderStatus, UnreadableObject

#: Our statuses that agree with each of the provider's.
AGREEING: dict[ProviderStatus, frozenset[PaymentStatus]] = {
    ProviderStatus.PROCESSING: frozenset({PaymentStatus.REQUESTED, PaymentStatus.UNKNOWN, PaymentStatus.VOIDING}),
    ProviderStatus.ACTION_REQUIRED: frozenset({PaymentStatus.ACTION_REQUIRED, PaymentStatus.VOIDING}),
    ProviderStatus.APPROVED: frozenset({PaymentStatus.CONFIRMING, PaymentStatus.VOIDING}),
    ProviderStatus.AUTHORIZED: frozenset(
        {PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURING, PaymentStatus.CAPTURE_FAILED, PaymentStatus.VOIDING}
    ),
    ProviderStatus.CAPTURED: frozenset({PaymentStatus.CAPTURED}),
    ProviderStatus.VOIDED: frozenset({PaymentStatus.VOIDED, PaymentStatus.DECLINED, PaymentStatus.CAPTURE_FAILED}),
    ProviderStatus.DECLINED: frozenset({PaymentStatus.DECLINED, PaymentStatus.VOIDED, PaymentStatus.FAILED}),
}


#: Money is held or captured, or may be: the provider must have the payment.
EXPECTED = frozenset(
    {PaymentStatus.ACTION_REQUIRED, PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURING, PaymentStatus.CAPTURED}
)
#: Not decided or not done yet, so the books are compared however old the payment is.
UNSETTLED = UNDECIDED | {
    PaymentStatus.AUTHORIZED,
    PaymentStatus.CAPTURING,
    PaymentStatus.CAPTURE_FAILED,
    PaymentStatus.VOIDING,
}

DISPUTE = "dispute"
LEDGER = "ledger"
#: Kinds that a comparison with the provider's objects neither finds nor closes.
NOT_COMPARED = (DISPUTE, LEDGER)


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str
    ours: str
    theirs: str


def differences(
    found: ProviderPayment, *, status: str, amount: int, currency: str, captured: int, refunded: int
) -> list[Difference]:
    """Compare status, amount, captured and refunded of one payment with the provider's object."""
    result = []
    if PaymentStatus(status) not in AGREEING[found.status]:
        result.append(Difference("status", status, found.status))
    if (amount, currency) != (found.amount, found.currency):
        result.append(Difference("amount", f"{amount} {currency}", f"{found.amount} {found.currency}"))
    if captured != found.captured:
        result.append(Difference("captured", str(captured), str(found.captured)))
    if refunded != found.refunded:
        result.append(Difference("refunded", str(refunded), str(found.refunded)))
    return result


def not_here(found: ProviderPayment) -> list[Difference]:
    """A payment at the provider that we do not have; only one with money concerns staff."""
    if found.status in {ProviderStatus.AUTHORIZED, ProviderStatus.CAPTURED}:
        return [Difference("not_here", "", f"{found.status} {found.amount} {found.currency}")]
    return []


def charged_twice(found: ProviderPayment, known_id: str) -> list[Difference]:
    """A second object at the provider for a payment whose object is `known_id`."""
    if found.status in {ProviderStatus.AUTHORIZED, ProviderStatus.CAPTURED}:
        return [Difference("charged_twice", known_id, f"{found.status} {found.amount} {found.currency}")]
    return []


def unreadable(found: UnreadableObject) -> list[Difference]:
    return [Difference("unreadable", "", found.error[:200])]


def disputed_elsewhere(found: ProviderDispute) -> Difference:
    """A dispute about a payment that we do not have."""
    return Difference(DISPUTE, "", f"{found.status} {found.amount} {found.currency} {found.reason}"[:200])


def not_at_provider(status: str, amount: int) -> list[Difference]:
    """A payment of ours with money held or captured that the provider does not have."""
    if PaymentStatus(status) in EXPECTED:
        return [Difference("not_at_provider", f"{status} {amount}", "")]
    return []
