"""The shop's policy: how long it waits, and what it allows. The settings fill part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

#: The payment method whose money comes by bank transfer, days later.
PREPAYMENT = "prepayment"
#: Products reserve units no longer than this.
LONGEST_HOLD = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    #: From the first attempt to pay; a declined customer may pay another way until then.
    payment_window: timedelta = timedelta(minutes=30)
    #: As `payment_window`, for a bank transfer in advance.
    transfer_window: timedelta = timedelta(days=6)
    #: Attempts to pay for one order.
    payment_attempts: int = 5
    #: How long units stay reserved; longer than the payment window, so that a payment in its last minute counts.
    stock_hold: timedelta = timedelta(minutes=35)

    #: How long a step of the saga waits before it sends its command again; each further time twice as long.
    ask_again: timedelta = timedelta(seconds=20)
    ask_again_at_most: timedelta = timedelta(hours=1)
    #: Payments and shipping call a provider, so they get this many times as long.
    provider_factor: int = 3

    #: How long a step may take in all. The payment window is that of the authorization.
    stock_deadline: timedelta = timedelta(days=3)
    capture_deadline: timedelta = timedelta(days=1)
    shipment_deadline: timedelta = timedelta(days=1)
    undo_deadline: timedelta = timedelta(days=1)
    #: Staff are alerted if a parcel takes longer.
    dispatch_deadline: timedelta = timedelta(days=3)
    delivery_deadline: timedelta = timedelta(days=14)

    #: From delivery.
    return_window: timedelta = timedelta(days=30)
    #: From the approval of a return until its parcel must have arrived.
    return_expiry: timedelta = timedelta(days=30)
    #: Staff inspect the parcel of a return before it is refunded.
    return_inspection: bool = False
    #: Refund the shipping, up to the price of standard shipping, when all units were returned.
    refunds_shipping: bool = True
    standard_shipping: int | None = None  # minor units; None: whatever was paid
    #: Approve a return within the window without staff.
    returns_auto_approve: bool = True

    def for_payment_by(self, method: str) -> Policy:
        """Return the policy for an order that is paid in this way: units stay reserved while a transfer is awaited."""
        if method.partition(":")[0] != PREPAYMENT or self.transfer_window <= self.payment_window:
            return self
        spare = self.stock_hold - self.payment_window
        stock_hold = min(self.transfer_window + spare, LONGEST_HOLD)
        return replace(self, payment_window=self.transfer_window, stock_hold=stock_hold)

    @property
    def stock_patience(self) -> timedelta:
        """How long to wait for the first answer of a service that needs no provider."""
        return self.ask_again

    @property
    def provider_patience(self) -> timedelta:
        """How long to wait for the first answer of a service that calls a provider."""
        return self.ask_again * self.provider_factor

    def patience(self, first: timedelta, asks: int) -> timedelta:
        """Return how long to wait for an answer that was requested `asks` times: `first`, doubled each time."""
        doubled: timedelta = first * 2 ** min(asks - 1, 16)
        return min(doubled, self.ask_again_at_most)
