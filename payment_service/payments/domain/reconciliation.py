"""How our books and the provider's may differ. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from payments.domain.payment import UNDECIDED, PaymentStatus
from payments.domain.seen import SeenPayment, SeenStatus, Unreadable

S, P = PaymentStatus, SeenStatus

#: Our states that agree with each of the provider's.
AGREEING: dict[SeenStatus, frozenset[PaymentStatus]] = {
    P.PROCESSING: frozenset({S.REQUESTED, S.UNKNOWN, S.VOIDING}),
    P.ACTION_REQUIRED: frozenset({S.ACTION_REQUIRED, S.VOIDING}),
    P.AUTHORIZED: frozenset({S.AUTHORIZED, S.CAPTURING, S.CAPTURE_FAILED, S.VOIDING}),
    P.CAPTURED: frozenset({S.CAPTURED}),
    P.VOIDED: frozenset({S.VOIDED, S.DECLINED, S.CAPTURE_FAILED}),
    P.DECLINED: frozenset({S.DECLINED, S.VOIDED, S.FAILED}),
}


#: Money is held or taken, or may be: the provider must have the payment.
EXPECTED = frozenset({S.ACTION_REQUIRED, S.AUTHORIZED, S.CAPTURING, S.CAPTURED})
#: Not decided or not done yet, so the books are compared however old the payment is.
UNSETTLED = UNDECIDED | {S.AUTHORIZED, S.CAPTURING, S.CAPTURE_FAILED, S.VOIDING}

DISPUTE = "dispute"
LEDGER = "ledger"
#: Kinds that no comparison with the provider's objects finds, or ends.
NOT_COMPARED = (DISPUTE, LEDGER)


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str
    ours: str
    theirs: str


def differences(
    seen: SeenPayment, *, status: str, amount: int, currency: str, captured: int, refunded: int
) -> list[Difference]:
    """State, amounts, captures and refunds of one payment, as we have them, beside the provider's."""
    found = []
    if PaymentStatus(status) not in AGREEING[seen.status]:
        found.append(Difference("status", status, seen.status))
    if (amount, currency) != (seen.amount, seen.currency):
        found.append(Difference("amount", f"{amount} {currency}", f"{seen.amount} {seen.currency}"))
    if captured != seen.captured:
        found.append(Difference("captured", str(captured), str(seen.captured)))
    if refunded != seen.refunded:
        found.append(Difference("refunded", str(refunded), str(seen.refunded)))
    return found


def not_here(seen: SeenPayment) -> list[Difference]:
    """A payment at the provider that we know nothing of; only money makes it a matter for staff."""
    if seen.status in {P.AUTHORIZED, P.CAPTURED}:
        return [Difference("not_here", "", f"{seen.status} {seen.amount} {seen.currency}")]
    return []


def charged_twice(seen: SeenPayment, known_id: str) -> list[Difference]:
    """A second object at the provider for a payment whose object is `known_id`."""
    if seen.status in {P.AUTHORIZED, P.CAPTURED}:
        return [Difference("charged_twice", known_id, f"{seen.status} {seen.amount} {seen.currency}")]
    return []


def unreadable(seen: Unreadable) -> list[Difference]:
    return [Difference("unreadable", "", seen.error[:200])]


def not_at_provider(status: str, amount: int) -> list[Difference]:
    """A payment of ours that the provider does not have, although we believe that money is held or taken."""
    if PaymentStatus(status) in EXPECTED:
        return [Difference("not_at_provider", f"{status} {amount}", "")]
    return []
