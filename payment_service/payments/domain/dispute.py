"""A dispute: the customer's bank, or PayPal, demands the money of a payment back. Pure: no Django, no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.core.money import Money


class DisputeStatus(StrEnum):
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"  # the shop keeps the money, or has it again
    LOST = "lost"  # the customer keeps it: a chargeback


#: The provider has decided.
DECIDED = frozenset({DisputeStatus.WON, DisputeStatus.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """`taken`: minor units that the provider has taken from the shop; it gives them back when the shop wins."""

    id: UUID
    payment_id: UUID
    provider_id: str
    amount: Money
    status: DisputeStatus
    reason: str = ""
    respond_by: datetime | None = None
    taken: int = 0

    def overtaken_by(self, later: Dispute) -> bool:
        """Return whether the report is not older than this: after an appeal a lost dispute can still be won."""
        match self.status:
            case DisputeStatus.WON:
                return False
            case DisputeStatus.LOST:
                return later.decided
            case _:
                return True

    @property
    def decided(self) -> bool:
        return self.status in DECIDED

    @property
    def taken_for_now(self) -> int:
        """What the provider holds until it has decided."""
        return 0 if self.decided else self.taken

    @property
    def charged_back(self) -> int:
        """What the customer has got for good."""
        return self.taken if self.status is DisputeStatus.LOST else 0
