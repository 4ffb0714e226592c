"""What a payment provider shows of its objects, in our words. Every adapter translates into these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SeenStatus(StrEnum):
    PROCESSING = "processing"  # not decided yet; look again
    ACTION_REQUIRED = "action_required"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRefund:
    """`reference` is our refund's id, empty when it was made elsewhere, by hand at the provider."""

    id: str
    reference: str
    amount: int
    status: str = "succeeded"  # or pending, failed
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPayment:
    """The provider's payment object. `id` is theirs, `reference` our payment's id. Amounts in minor units."""

    id: str
    reference: str
    status: SeenStatus
    amount: int
    currency: str
    captured: int = 0
    refunded: int = 0
    action_url: str = ""
    code: str = ""
    message: str = ""
    refunds: tuple[SeenRefund, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An object of the provider that we cannot make sense of: for staff to look at."""

    id: str
    error: str
    reference: str = ""
