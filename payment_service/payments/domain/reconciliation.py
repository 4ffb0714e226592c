"""The differences that there can be between our books and the provider's. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from payments.domain.payment import UNDECIDED, PaymentStatus
from payments.domain.provider_payment import (
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    ProviderStatus,
    UnreadableObject,
)
from payments.domain.refund import OPEN, RefundStatus

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


#: The statuses of our refund that agree with each of the provider's.
AGREEING_REFUNDS: dict[str, frozenset[RefundStatus]] = {
    "pending": OPEN,
    "succeeded": frozenset({RefundStatus.SUCCEEDED}),
    "failed": frozenset({RefundStatus.FAILED, RefundStatus.REVERSED}),
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
REFUNDS = "refunds"
#: Kinds that a comparison with the provider's objects neither finds nor closes.
NOT_COMPARED = (DISPUTE, LEDGER)


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, and where it is. `payment_id`: None for an object of a payment that is not ours."""

    provider: str
    provider_id: str
    payment_id: UUID | None
    difference: Difference


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedRefund:
    """A refund in our books."""

    id: str
    provider_id: str
    amount: int
    currency: str
    status: RefundStatus

    def __str__(self) -> str:
        return f"{self.provider_id or self.id} {self.amount} {self.currency} {self.status}"


def refund_differences(found: ProviderPayment, ours: Iterable[BookedRefund]) -> list[Difference]:
    """Compare the refunds of one payment one by one; one that never left us needs no object at the provider."""
    left = {refund.id: refund for refund in ours}
    ours_differ, theirs_differ = [], []
    for refund in found.refunds:
        mine = left.get(refund.reference) or next((r for r in left.values() if r.provider_id == refund.id), None)
        if mine is not None:
            del left[mine.id]
        elif refund.status == "failed":
            continue
        if mine is None or not _agrees(mine, refund, found.currency):
            ours_differ += [str(mine)] if mine else []
            theirs_differ.append(f"{refund.id} {refund.amount} {found.currency} {refund.status}")
    ours_differ += [str(refund) for refund in left.values() if refund.status is RefundStatus.SUCCEEDED]
    if not ours_differ and not theirs_differ:
        return []
    return [Difference(REFUNDS, "; ".join(sorted(ours_differ))[:200], "; ".join(sorted(theirs_differ))[:200])]


def _agrees(mine: BookedRefund, refund: ProviderRefund, currency: str) -> bool:
    same_sum = (mine.amount, mine.currency) == (refund.amount, currency)
    return same_sum and mine.status in AGREEING_REFUNDS[refund.status]


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
