"""The money of one order, told in sentences from its ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chassis.core.money import Money
from payments.domain.ledger import EntryKind, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedEntry:
    """An entry of the ledger as it was booked. `actor`: the staff member, empty for the shop itself."""

    at: datetime
    kind: EntryKind
    outcome: Outcome
    amount: Money
    provider: str
    code: str = ""
    actor: str = ""


_SENTENCES = {
    (EntryKind.AUTHORIZATION, Outcome.REQUESTED): "{provider} was asked to hold {amount}",
    (EntryKind.AUTHORIZATION, Outcome.ACTION_REQUIRED): "the customer has to confirm {amount} with {provider}",
    (EntryKind.AUTHORIZATION, Outcome.SUCCEEDED): "{amount} was approved by {provider}",
    (EntryKind.AUTHORIZATION, Outcome.FAILED): "{provider} did not approve {amount}",
    (EntryKind.CHARGE, Outcome.REQUESTED): "{provider} was asked to collect {amount}",
    (EntryKind.CHARGE, Outcome.SUCCEEDED): "{amount} was collected",
    (EntryKind.CHARGE, Outcome.FAILED): "{amount} could not be collected",
    (EntryKind.VOID, Outcome.REQUESTED): "{provider} was asked to release {amount}",
    (EntryKind.VOID, Outcome.SUCCEEDED): "{amount} was released; nothing was collected",
    (EntryKind.REFUND, Outcome.REQUESTED): "a refund of {amount} was requested",
    (EntryKind.REFUND, Outcome.SUCCEEDED): "{amount} was refunded",
    (EntryKind.REFUND, Outcome.FAILED): "the refund of {amount} failed",
    (EntryKind.REVERSAL, Outcome.SUCCEEDED): "the bank returned the refund of {amount} to the shop",
    (EntryKind.CHARGEBACK, Outcome.SUCCEEDED): "{provider} took {amount} because of a dispute",
    (EntryKind.CHARGEBACK_REVERSAL, Outcome.SUCCEEDED): "{provider} gave {amount} back: the shop won the dispute",
}
_UNKNOWN = "no answer from {provider} about {amount} ({kind}); it is being looked up"


def sentence(entry: BookedEntry) -> str:
    """Return what the entry says, with its time in UTC, the provider's code and who did it."""
    said = _SENTENCES.get((entry.kind, entry.outcome), _UNKNOWN)
    text = said.format(provider=entry.provider, amount=entry.amount, kind=entry.kind.value.replace("_", " "))
    code = f" ({entry.code})" if entry.code else ""
    actor = f", by {entry.actor}" if entry.actor else ""
    return f"{entry.at:%Y-%m-%d %H:%M} UTC: {text}{code}{actor}."


def statement(entries: Iterable[BookedEntry], *, kept: Money) -> list[str]:
    """Return the sentences of an order, oldest first, and what the shop has of its money now."""
    return [*map(sentence, entries), f"The shop has {kept} of this order."]
