"""How long the shop waits, and what it allows. The numbers come from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    #: From the first request to authorize: a declined customer may pay another way until then.
    payment_window: timedelta = timedelta(minutes=30)
    #: To pay for one order.
    payment_attempts: int = 5
    #: Units stay reserved so long; longer than the payment window, so that the last minute counts.
    stock_hold: timedelta = timedelta(minutes=35)
    #: A step that has waited longer sends its command again; each further time after twice as long.
    ask_again: timedelta = timedelta(seconds=20)
    ask_again_at_most: timedelta = timedelta(hours=1)
    #: Staff are told when a parcel takes longer.
    dispatch_deadline: timedelta = timedelta(days=3)
    delivery_deadline: timedelta = timedelta(days=14)
    #: From delivery.
    return_window: timedelta = timedelta(days=30)
    #: From the approval of a return until its parcel must be here.
    return_expiry: timedelta = timedelta(days=30)
    #: Staff look into the parcel of a return before its money goes back.
    return_inspection: bool = False
    #: Refund the shipping, up to the price of standard shipping, when everything has come back.
    refunds_shipping: bool = True
    standard_shipping: int | None = None  # minor units; None: whatever was paid
    #: Approve a return within the window without asking staff.
    returns_auto_approve: bool = True

    def patience(self, asks: int, factor: int = 1) -> timedelta:
        """How long to wait for an answer that has been asked for `asks` times."""
        doubled: int = factor * 2 ** min(asks - 1, 16)
        return min(self.ask_again * doubled, self.ask_again_at_most)
