"""The provider's objects in our terms; every adapter translates into these. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from payments.domain.dispute import DisputeStatus


class ProviderStatus(StrEnum):
    PROCESSING = "processing"  # not decided yet; fetch it again
    ACTION_REQUIRED = "action_required"
    APPROVED = "approved"  # the customer has agreed; the shop has to confirm before any money is held
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRefund:
    """The provider's refund object. `reference` is our refund's id, empty for one made at the provider by hand."""

    id: str
    reference: str
    amount: int
    status: str = "succeeded"  # or pending, failed
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPayment:
    """The provider's payment object. `id` is theirs, `reference` our payment's id. Amounts in minor units."""

    id: str
    reference: str
    status: ProviderStatus
    amount: int
    currency: str
    captured: int = 0
    refunded: int = 0
    action_url: str = ""
    code: str = ""
    message: str = ""
    refunds: tuple[ProviderRefund, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDispute:
    """The provider's dispute object. `payment_id` is its payment object's id, `reference` our payment's id.

    `taken`: minor units that the provider has taken from the shop because of it.
    """

    id: str
    status: DisputeStatus
    amount: int
    currency: str
    reason: str = ""
    respond_by: datetime | None = None
    taken: int = 0
    payment_id: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableObject:
    """An object of the provider that the adapter cannot interpret; staff look at it."""

    id: str
    error: str
    reference: str = ""
