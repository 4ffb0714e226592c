"""All states of all machines are reached, and each leads to a final state, by a timer or by a decision of staff.

The walks play orders and returns in which everything goes wrong; whatever state they reach, staff can end them.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from chassis.core.errors import DomainError
from orders.domain import facts, lifecycle, returns
from orders.domain.order import Order
from orders.domain.return_states import RETURN_TRANSITIONS, Return, ReturnStatus
from orders.domain.states import (
    FULFILLMENT_TRANSITIONS,
    ORDER_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    CancelReason,
    FulfillmentStatus,
    OrderStatus,
    PaymentStatus,
)
from tests.factories import NOON, POLICY, begun, euros, items
from tests.neighbors import LATER, TRACKING

DISPUTE = uuid4()
STAFF = {"by": "staff", "why": "It has to end", "policy": POLICY}

#: The final states, in which nothing is expected.
FINAL: Mapping[type, frozenset] = {
    OrderStatus: frozenset({OrderStatus.CANCELED, OrderStatus.COMPLETED}),
    ReturnStatus: frozenset({ReturnStatus.REFUNDED, ReturnStatus.REJECTED, ReturnStatus.EXPIRED}),
}


@pytest.mark.parametrize("table", [ORDER_TRANSITIONS, PAYMENT_TRANSITIONS, FULFILLMENT_TRANSITIONS, RETURN_TRANSITIONS])
def test_every_state_is_in_its_table_and_leads_to_one_that_leads_nowhere(table: Mapping) -> None:
    (enum,) = {type(state) for state in table}
    assert set(table) == set(enum)
    ends = {state for state, following in table.items() if not following} or {PaymentStatus.REFUNDED}
    for state in table:
        reached = {state}
        while True:
            further = reached.union(*(table[one] for one in reached))
            if further == reached:
                break
            reached = further
        assert reached & ends, state


def said_of(order: Order, chance: random.Random) -> list[facts.Fact]:
    """Return all facts that other services may state about the present parcel and attempt."""
    about = {"order_id": order.id}
    parcel = {**about, "attempt": order.parcel}
    part = euros(chance.choice([500, order.total.amount]))
    total = max(order.refunded, part)
    dispute = {**about, "dispute_id": DISPUTE, "amount": part}
    of_parcel = [
        facts.ShipmentCreated(**parcel, **TRACKING),
        facts.ShipmentFailed(**parcel, code="x", message="No"),
        facts.ShipmentDispatched(**parcel, **TRACKING, dispatched_at=LATER),
        facts.ShipmentDelivered(**parcel, delivered_at=LATER),
        facts.ShipmentReturned(**parcel, reason="Nobody", returned_at=LATER),
        facts.ShipmentLost(**parcel, reason="lost", occurred_at=LATER),
        facts.ShipmentCanceled(**parcel, by="carrier"),
        facts.ShipmentCancelRefused(**parcel, reason="It has left"),
    ]
    return [
        facts.StockReserved(**about),
        facts.StockRejected(**about, lines=()),
        facts.StockAllocated(**about),
        facts.StockReleased(**about),
        facts.PaymentAuthorized(**about, amount=chance.choice([order.total, euros(1)])),
        facts.PaymentActionRequired(**about, attempt=order.attempt, action_url="https://bank.example/"),
        facts.PaymentDeclined(**about, attempt=order.attempt, code="x", message="No"),
        facts.PaymentCaptured(**about, amount=chance.choice([order.total, euros(1)])),
        facts.PaymentCaptureFailed(**about, code="x", message="No"),
        facts.PaymentVoided(**about),
        facts.PaymentRefunded(**about, refund_id=uuid4(), amount=part, refunded_total=total),
        facts.PaymentRefundFailed(
            **about,
            refund_id=order.id,
            attempt=order.refund_attempt,
            code=chance.choice(["x", facts.REFUND_EXCEEDS_CAPTURED]),
            message="No",
        ),
        facts.PaymentDisputed(**dispute, reason="fraudulent"),
        facts.PaymentDisputeClosed(**dispute, outcome="won", refunded_total=order.refunded),
        facts.PaymentDisputeClosed(**dispute, outcome="lost", refunded_total=total),
        *(of_parcel if order.confirmed_at else []),  # no parcel was requested before
    ]


def allowed(act: Callable, *given: object, **named: object):
    try:
        return act(*given, **named)
    except DomainError:
        return None


def by_itself(order: Order) -> tuple[Order, datetime]:
    """Let all timers run out without an answer."""
    now = LATER
    for _ in range(30):
        moments = [moment for moment in (order.due_at, order.waiting and order.waiting.ask_again_at) if moment]
        if not moments:
            break
        now = max(now, min(moments))
        order = lifecycle.wake(order, now=now, policy=POLICY).order
    return order, now + timedelta(days=400)


def by_a_person(order: Order, now: datetime) -> Order:
    """Let staff act until the order has ended. For a silent carrier they record a delivery in shipping's admin."""
    shipping_admin = facts.ShipmentDelivered(order_id=order.id, attempt=order.parcel, delivered_at=now)
    acts: list[Callable[[Order], object]] = [
        lambda order: lifecycle.wake(order, now=now + timedelta(days=400), policy=POLICY),
        lambda order: lifecycle.cancel(order, reason=CancelReason.STAFF, now=now, policy=POLICY),
        lambda order: lifecycle.refund_parcel(order, restock=False, now=now, **STAFF),
        lambda order: lifecycle.give_up(order, now=now, **STAFF),
        lambda order: lifecycle.handle(order, shipping_admin, now=now, policy=POLICY),
    ]
    for _ in range(12):
        for act in acts:
            if order.status in FINAL[OrderStatus] and order.waiting is None:
                return order
            outcome = allowed(act, order)
            order = outcome.order if outcome else order
    return order


@pytest.mark.parametrize("batch", range(6))
def test_whatever_other_services_say_an_order_ends_by_itself_or_by_a_person(batch: int) -> None:
    seen: set[object] = set()
    for seed in range(batch * 120, (batch + 1) * 120):
        chance = random.Random(seed)
        order = begun().order
        for _ in range(chance.randrange(1, 22)):
            fact = chance.choice(said_of(order, chance))
            heard = allowed(lifecycle.handle, order, fact, now=NOON, policy=POLICY, by_hand=True)
            order = heard.order if heard else order
            if chance.random() < 0.1:
                outcome = allowed(chance.choice([lifecycle.send_again, lifecycle.release]), order, now=NOON, **STAFF)
                order = outcome.order if outcome else order
            seen |= {order.status, order.payment, order.fulfillment}
            if order.fulfillment in {FulfillmentStatus.RETURNED_TO_SENDER, FulfillmentStatus.LOST}:
                assert order.attention or order.closed, f"seed {seed}: {order}"
            rests = order.waiting is None and order.due_at is None and order.status not in FINAL[OrderStatus]
            assert order.attention or not rests, f"seed {seed}: nobody looks at {order}"
        order, now = by_itself(order)
        ended = by_a_person(order, now)
        assert ended.status in FINAL[OrderStatus], f"seed {seed}: {ended}"
        assert ended.waiting is None, f"seed {seed}: {ended}"
    assert len(seen & set(OrderStatus)) >= 4


def test_the_walks_reach_every_state_but_the_last() -> None:
    seen: set[object] = set()
    for seed in range(900):
        chance = random.Random(seed)
        order = begun().order
        for _ in range(30):
            heard = allowed(lifecycle.handle, order, chance.choice(said_of(order, chance)), now=NOON, policy=POLICY)
            order = heard.order if heard else order
            seen |= {order.status, order.payment, order.fulfillment}
    assert set(PaymentStatus) <= seen
    assert set(FulfillmentStatus) - {FulfillmentStatus.RETURNED} <= seen
    assert set(OrderStatus) - {OrderStatus.COMPLETED} <= seen


def a_delivered_order() -> Order:
    order = begun().order
    about = {"order_id": order.id}
    for fact in (
        facts.PaymentCaptured(**about, amount=order.total),
        facts.StockAllocated(**about),
        facts.ShipmentDelivered(**about, delivered_at=NOON),
    ):
        order = lifecycle.handle(order, fact, now=NOON, policy=POLICY).order
    return order


def said_of_return(return_: Return, chance: random.Random) -> list[facts.Fact]:
    about = {"order_id": return_.order_id, "return_id": return_.id}
    refund = {"order_id": return_.order_id, "refund_id": return_.id, "attempt": return_.refund_attempt}
    code = chance.choice(["x", facts.REFUND_EXCEEDS_CAPTURED])
    of_refund = [
        facts.PaymentRefunded(**refund, amount=return_.refund, refunded_total=return_.refund),
        facts.PaymentRefundFailed(**refund, code=code, message="No"),
    ]
    return [
        facts.ReturnLabelCreated(**about, label_url="https://label.example/", tracking_number="R1"),
        facts.ReturnLabelFailed(**about, code="lost", message="Lost", attempt=return_.label_attempt),
        facts.ReturnArrived(**about),
        *([facts.StockRestocked(**about), *of_refund] if return_.status is ReturnStatus.RECEIVED else []),
    ]


@pytest.mark.parametrize("inspection", [False, True])
@pytest.mark.parametrize("auto", [False, True])
def test_whatever_other_services_say_a_return_ends_by_itself_or_by_a_person(inspection: bool, auto: bool) -> None:
    policy = replace(POLICY, return_inspection=inspection, returns_auto_approve=auto)
    seen: set[ReturnStatus] = set()
    for seed in range(300):
        chance = random.Random(seed)
        order = a_delivered_order()
        return_, outcome = returns.request_return(
            order, return_id=uuid4(), items=items(MUG=1), taken={}, pledged=euros(0), reason="", now=NOON, policy=policy
        )
        order = outcome.order
        seen.add(return_.status)
        for _ in range(chance.randrange(10)):
            fact = chance.choice(said_of_return(return_, chance))
            return_, outcome = returns.handle_return(order, return_, fact, all_returned=False, now=NOON, policy=policy)
            order = outcome.order
            seen.add(return_.status)
            if return_.label_failed and return_.status is ReturnStatus.APPROVED:
                assert order.attention, f"seed {seed}: {return_}"
        for _ in range(3):
            if return_.expires_at:
                return_, outcome = returns.wake_return(order, return_, now=return_.expires_at, policy=policy)
            for act in (returns.approve, returns.settle_return, returns.receive):
                if return_.status not in FINAL[ReturnStatus]:
                    named = {"by": "staff", "now": LATER, "policy": policy}
                    named |= {} if act is returns.approve else {"why": "It has to end", "all_returned": False}
                    named |= {"restock": False, "taken": {}, "completes": False} if act is returns.receive else {}
                    decided = allowed(act, order, return_, **named)
                    return_, order = (decided[0], decided[1].order) if decided else (return_, order)
        assert return_.status in FINAL[ReturnStatus], f"seed {seed}: {return_}"
    assert (ReturnStatus.RECEIVED in seen) == (auto and not inspection)
    assert (ReturnStatus.ARRIVED in seen) == (auto and inspection)
