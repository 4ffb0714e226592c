"""The payment ledger: what was requested and what came of it. Entries are only added, never changed.

A payment's counters must agree with it: captured is the sum of `charge succeeded`, refunded is the sum of
`refund succeeded` less that of `reversal succeeded`, disputed and charged back together are the sum of
`chargeback succeeded` less that of `chargeback_reversal succeeded`. Reconciliation compares them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis.core.money import Money
from payments.domain.provider_calls import Operation


class EntryKind(StrEnum):
    AUTHORIZATION = "authorization"
    CHARGE = "charge"
    VOID = "void"
    REFUND = "refund"
    REVERSAL = "reversal"  # a refund that had succeeded has come back to the shop
    CHARGEBACK = "chargeback"  # taken by the provider because of a dispute, for now or for good
    CHARGEBACK_REVERSAL = "chargeback_reversal"  # given back, because the shop has won


class Outcome(StrEnum):
    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ACTION_REQUIRED = "action_required"
    UNKNOWN = "unknown"


KIND_OF = {
    Operation.AUTHORIZE: EntryKind.AUTHORIZATION,
    Operation.CONFIRM: EntryKind.AUTHORIZATION,
    Operation.CAPTURE: EntryKind.CHARGE,
    Operation.VOID: EntryKind.VOID,
    Operation.REFUND: EntryKind.REFUND,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger. `actor`: the staff member who did it, empty for the shop itself."""

    payment_id: UUID
    kind: EntryKind
    outcome: Outcome
    amount: Money
    refund_id: UUID | None = None
    dispute_id: UUID | None = None
    code: str = ""
    message: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """Minor units that were authorized, captured, refunded and taken by disputes according to the ledger."""

    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    taken: int = 0


def sums(entries: Iterable[Entry]) -> Sums:
    """Return the sums of the entries that succeeded."""
    succeeded = [entry for entry in entries if entry.outcome is Outcome.SUCCEEDED]

    def of(kind: EntryKind) -> int:
        return sum(entry.amount.amount for entry in succeeded if entry.kind is kind)

    refunded = of(EntryKind.REFUND) - of(EntryKind.REVERSAL)
    taken = of(EntryKind.CHARGEBACK) - of(EntryKind.CHARGEBACK_REVERSAL)
    return Sums(of(EntryKind.AUTHORIZATION), of(EntryKind.CHARGE), refunded, taken)
