"""Simulated other services: they execute the commands of the saga once, and answer them.

They keep books of stock, money and parcels, so that a test can compare them with the order. Answers wait in `bag` until
a test delivers them, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.core.money import Money
from orders import events_out as out
from orders.domain import facts
from orders.domain.facts import Fact

LATER = datetime(2024, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Neighbors:
    """The services for one order of this `total`; the flags cause failures."""

    order_id: UUID
    total: Money
    out_of_stock: bool = False
    hold_runs_out: bool = False
    card: str = "ok"  # ok, declined_once, action, capture_fails
    dispatches: bool = True
    bag: list[Fact] = field(default_factory=list)

    stock: str = "none"  # none, reserved, allocated, released
    money: str = "none"  # none, held, taken, closed, refunded
    parcel: str = "none"  # none, labeled, dispatched, delivered, canceled
    charges: int = 0
    refunds: int = 0
    labels: int = 0

    def take(self, message: Any) -> None:
        """Receive a command, possibly again. Events are ignored."""
        match message:
            case out.ReserveStock():
                self._reserve()
            case out.AllocateStock():
                self._allocate()
            case out.RestockReturn():
                self.stock = "restocked"
                self._say(facts.StockRestocked, return_id=message.return_id)
            case out.ReleaseStock():
                self.stock = "released"
                self._say(facts.StockReleased)
            case out.AuthorizePayment():
                self._authorize(message.attempt)
            case out.CapturePayment():
                self._capture()
            case out.VoidPayment():
                self._void()
            case out.RefundPayment():
                self._refund(message.refund_id)
            case out.CreateShipment():
                self._ship()
            case out.CancelShipment():
                self._cancel_shipment()

    def bank_confirms(self) -> None:
        if self.money == "none":
            self.money = "held"
            self._say(facts.PaymentAuthorized, amount=self.total)

    def courier_moves(self) -> None:
        if self.parcel == "labeled" and self.dispatches:
            self.parcel = "dispatched"
            self._say(facts.ShipmentDispatched, **TRACKING, dispatched_at=LATER)
        elif self.parcel == "dispatched":
            self.parcel = "delivered"
            self._say(facts.ShipmentDelivered, delivered_at=LATER)

    def _say(self, kind: type[Fact], **data: Any) -> None:
        self.bag.append(kind(order_id=self.order_id, **data))

    def _reserve(self) -> None:
        if self.out_of_stock:
            self._say(facts.StockRejected, lines=(facts.Shortage(sku="MUG", requested=1, available=0),))
        elif self.stock == "released":
            self._say(facts.StockReleased)
        else:
            self.stock = "allocated" if self.stock == "allocated" else "reserved"
            self._say(facts.StockReserved)

    def _allocate(self) -> None:
        if self.stock == "released":
            self._say(facts.StockReleased)
        elif self.hold_runs_out:
            self.stock = "released"
            self._say(facts.StockRejected, lines=(facts.Shortage(sku="MUG", requested=1, available=0),))
        else:
            self.stock = "allocated"
            self._say(facts.StockAllocated)

    def _authorize(self, attempt: int) -> None:
        if self.money in {"closed", "refunded"}:
            self._say(facts.PaymentVoided)
        elif self.money in {"held", "taken"}:
            self._say(facts.PaymentAuthorized, amount=self.total)
        elif self.card == "declined_once" and attempt == 1:
            self._say(facts.PaymentDeclined, attempt=1, code="do_not_honor", message="Declined.")
        elif self.card == "action":
            self._say(facts.PaymentActionRequired, attempt=attempt, action_url="https://bank.example/")
        else:
            self.bank_confirms()

    def _capture(self) -> None:
        if self.money in {"closed", "refunded"}:
            self._say(facts.PaymentVoided)
        elif self.card == "capture_fails":
            self._say(facts.PaymentCaptureFailed, code="expired", message="Expired.")
        else:
            self.charges += self.money != "taken"
            self.money = "taken"
            self._say(facts.PaymentCaptured, amount=self.total)

    def _void(self) -> None:
        if self.money in {"taken", "refunded"}:
            self._refund(self.order_id)
        else:
            self.money = "closed"
        self._say(facts.PaymentVoided)

    def _refund(self, refund_id: UUID) -> None:
        self.refunds += self.money != "refunded"
        self.money = "refunded"
        self._say(facts.PaymentRefunded, refund_id=refund_id, amount=self.total, refunded_total=self.total)

    def _ship(self) -> None:
        if self.parcel == "canceled":
            self._say(facts.ShipmentCanceled)
        else:
            self.labels += self.parcel == "none"
            self.parcel = "labeled" if self.parcel == "none" else self.parcel
            self._say(facts.ShipmentCreated, **TRACKING)

    def _cancel_shipment(self) -> None:
        if self.parcel in {"dispatched", "delivered"}:
            self._say(facts.ShipmentCancelRefused, reason="It has left.")
        else:
            self.parcel = "canceled"
            self._say(facts.ShipmentCanceled)


TRACKING = {"carrier": "Atlas", "tracking_number": "AT1", "tracking_url": "https://atlas.example/AT1"}
