"""The steps of the checkout saga: a table that a shopkeeper could check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from orders.domain import facts, requests
from orders.domain.facts import Fact
from orders.domain.order import MONEY_GIVEN_UP, PARCEL_GIVEN_UP, STOCK_GIVEN_UP, Order
from orders.domain.policy import Policy
from orders.domain.states import CancelReason

Request = Callable[[Order, Policy], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the saga."""

    name: str
    ask: Request
    done: tuple[type[Fact], ...]  # any of these: go on with the next step
    refused: type[Fact] | None  # this: undo everything, for the `reason`
    reason: CancelReason = CancelReason.TIMED_OUT
    paused: tuple[type[Fact], ...] = ()  # any of these: it is the customer's or the staff's turn
    undo: Request
    holds: Callable[[Order], bool]  # whether there may be something to undo
    patience: int = 1  # times ASK_AGAIN_SECONDS, doubled each time
    deadline: Callable[[Policy], timedelta]
    late: CancelReason | None  # after the deadline: undo for this reason; None: have staff look


def _days(count: int) -> Callable[[Policy], timedelta]:
    return lambda _: timedelta(days=count)


def _payment_window(policy: Policy) -> timedelta:
    return policy.payment_window


STEPS = (
    Step(
        name="reserve",
        ask=requests.reserve_stock,
        done=(facts.StockReserved, facts.StockAllocated),
        refused=facts.StockRejected,
        reason=CancelReason.OUT_OF_STOCK,
        undo=requests.put_stock_back,
        holds=requests.holds_reserved_stock,
        deadline=_days(3),
        late=CancelReason.TIMED_OUT,
    ),
    Step(
        name="authorize",
        ask=requests.authorize_payment,
        done=(facts.PaymentAuthorized, facts.PaymentCaptured),
        refused=facts.PaymentVoided,
        reason=CancelReason.PAYMENT_FAILED,
        paused=(facts.PaymentActionRequired, facts.PaymentDeclined, facts.AmountDiffered),
        undo=requests.void_payment,
        holds=requests.holds_authorization,
        patience=3,
        deadline=_payment_window,
        late=CancelReason.PAYMENT_EXPIRED,
    ),
    Step(
        name="allocate",
        ask=requests.allocate_stock,
        done=(facts.StockAllocated,),
        refused=facts.StockRejected,  # the hold had run out, and the units went to somebody else
        reason=CancelReason.OUT_OF_STOCK,
        undo=requests.put_stock_back,
        holds=requests.holds_allocated_stock,
        deadline=_days(3),
        late=CancelReason.TIMED_OUT,
    ),
    Step(  # the pivot: before it everything is undone, after it everything is tried until it is done
        name="capture",
        ask=requests.capture_payment,
        done=(facts.PaymentCaptured,),
        refused=facts.PaymentCaptureFailed,
        reason=CancelReason.PAYMENT_FAILED,
        paused=(facts.AmountDiffered,),
        undo=requests.give_money_back,
        holds=requests.holds_captured_money,
        patience=3,
        deadline=_days(1),
        late=None,
    ),
    Step(
        name="fulfill",
        ask=requests.create_shipment,
        done=(
            facts.ShipmentCreated,
            facts.ShipmentDispatched,
            facts.ShipmentDelivered,
            facts.ShipmentReturned,
            facts.ShipmentLost,
        ),
        refused=None,
        paused=(facts.ShipmentFailed, facts.ShipmentCanceled),
        undo=requests.cancel_shipment,
        holds=requests.holds_shipment,
        patience=3,
        deadline=_days(1),
        late=None,
    ),
)
STEP_OF_NAME = {step.name: step for step in STEPS}
PIVOT = STEP_OF_NAME["capture"]
#: Any of these: the parcel is on its way, or shipping cannot stop it.
LEFT = (facts.ShipmentCancelRefused, facts.ShipmentDispatched, facts.ShipmentDelivered)
#: Staff are told when something could not be put back for so long.
UNDO_DEADLINE = timedelta(days=1)
#: What is remembered when staff give up the undoing of a step.
GIVEN_UP = {
    "reserve": STOCK_GIVEN_UP,
    "authorize": MONEY_GIVEN_UP,
    "allocate": STOCK_GIVEN_UP,
    "capture": MONEY_GIVEN_UP,
    "fulfill": PARCEL_GIVEN_UP,
}
