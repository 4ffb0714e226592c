"""The steps of the checkout saga, as a table. How long each may take is in `policy.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from orders.domain import facts, holdings, step_commands
from orders.domain.facts import Fact
from orders.domain.order import MONEY_GIVEN_UP, PARCEL_GIVEN_UP, STOCK_GIVEN_UP, Order
from orders.domain.outcome import Sent
from orders.domain.policy import Policy
from orders.domain.states import CancelReason

Command = Callable[[Order, Policy], Sent]
Duration = Callable[[Policy], timedelta]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The fact after which the order is canceled, and the reason."""

    fact: type[Fact]
    reason: CancelReason


class AfterDeadline(Enum):
    """What happens after a deadline that does not cancel the order."""

    ALERT_STAFF = auto()


def _unchanged(order: Order) -> Order:
    return order


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the saga."""

    name: str
    begin: Callable[[Order], Order] = _unchanged  # what the order keeps when the step begins
    ask: Command
    done: tuple[type[Fact], ...]  # any of these: continue with the next step
    refusal: Refusal | None  # None: this step is retried until it is done
    paused: tuple[type[Fact], ...] = ()  # any of these: the customer or staff have to act
    undo: Command
    holds: Callable[[Order], bool]  # whether there may be something to undo
    given_up: str  # what the order keeps when staff give up the undo
    patience: Duration  # until the command is sent again the first time
    deadline: Duration
    after_deadline: CancelReason | AfterDeadline  # the reason to cancel, or something else


STEPS = (
    Step(
        name="reserve",
        ask=step_commands.reserve_stock,
        done=(facts.StockReserved, facts.StockAllocated),
        refusal=Refusal(facts.StockRejected, CancelReason.OUT_OF_STOCK),
        undo=step_commands.release_or_restock,
        holds=holdings.holds_reserved_stock,
        given_up=STOCK_GIVEN_UP,
        patience=lambda policy: policy.stock_patience,
        deadline=lambda policy: policy.stock_deadline,
        after_deadline=CancelReason.TIMED_OUT,
    ),
    Step(
        name="authorize",
        begin=Order.with_payment_window,
        ask=step_commands.authorize_payment,
        done=(facts.PaymentAuthorized, facts.PaymentCaptured),
        refusal=Refusal(facts.PaymentVoided, CancelReason.PAYMENT_FAILED),
        paused=(facts.PaymentActionRequired, facts.PaymentDeclined, facts.AmountDiffered),
        undo=step_commands.close_payments,
        holds=holdings.holds_authorization,
        given_up=MONEY_GIVEN_UP,
        patience=lambda policy: policy.provider_patience,
        deadline=lambda policy: policy.payment_window,
        after_deadline=CancelReason.PAYMENT_EXPIRED,
    ),
    Step(
        name="allocate",
        ask=step_commands.allocate_stock,
        done=(facts.StockAllocated,),
        # The hold had expired, and the units were sold to another customer.
        refusal=Refusal(facts.StockRejected, CancelReason.OUT_OF_STOCK),
        undo=step_commands.release_or_restock,
        holds=holdings.holds_allocated_stock,
        given_up=STOCK_GIVEN_UP,
        patience=lambda policy: policy.stock_patience,
        deadline=lambda policy: policy.stock_deadline,
        after_deadline=CancelReason.TIMED_OUT,
    ),
    Step(  # the pivot: before it everything is undone, after it everything is retried until it is done
        name="capture",
        ask=step_commands.capture_payment,
        done=(facts.PaymentCaptured, facts.PaymentDeferred),
        refusal=Refusal(facts.PaymentCaptureFailed, CancelReason.PAYMENT_FAILED),
        paused=(facts.AmountDiffered,),
        undo=step_commands.refund_or_close,
        holds=holdings.holds_captured_money,
        given_up=MONEY_GIVEN_UP,
        patience=lambda policy: policy.provider_patience,
        deadline=lambda policy: policy.capture_deadline,
        after_deadline=AfterDeadline.ALERT_STAFF,
    ),
    Step(
        name="fulfill",
        ask=step_commands.create_shipment,
        done=(
            facts.ShipmentCreated,
            facts.ShipmentDispatched,
            facts.ShipmentDelivered,
            facts.ShipmentReturned,
            facts.ShipmentLost,
        ),
        refusal=None,
        paused=(facts.ShipmentFailed, facts.ShipmentCanceled),
        undo=step_commands.cancel_shipment,
        holds=holdings.holds_shipment,
        given_up=PARCEL_GIVEN_UP,
        patience=lambda policy: policy.provider_patience,
        deadline=lambda policy: policy.shipment_deadline,
        after_deadline=AfterDeadline.ALERT_STAFF,
    ),
)
STEP_OF_NAME = {step.name: step for step in STEPS}
AUTHORIZE = STEP_OF_NAME["authorize"]
PIVOT = STEP_OF_NAME["capture"]
FULFILL = STEP_OF_NAME["fulfill"]
#: Any of these: the parcel is on its way, or shipping cannot stop it.
LEFT = (facts.ShipmentCancelRefused, facts.ShipmentDispatched, facts.ShipmentDelivered)
