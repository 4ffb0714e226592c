"""The result does not depend on repeated, late or reordered messages, nor on processes that stop anywhere."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from orders.domain import facts, lifecycle
from orders.domain.order import Order, OrderNotCancelable, PaymentNotExpected, PaymentWindowOver
from orders.domain.states import CancelReason, FulfillmentStatus, OrderStatus, PaymentStatus
from tests.factories import NOON, POLICY, begun, euros
from tests.neighbors import LATER, TRACKING, Neighbors

ROUNDS = 60


def the_facts_of_a_happy_order(order: Order) -> list[facts.Fact]:
    about = {"order_id": order.id}
    return [
        facts.StockReserved(**about),
        facts.PaymentActionRequired(**about, attempt=1, action_url="https://bank.example/"),
        facts.PaymentAuthorized(**about, amount=order.total),
        facts.StockAllocated(**about),
        facts.PaymentCaptured(**about, amount=order.total),
        facts.ShipmentCreated(**about, **TRACKING),
        facts.ShipmentDispatched(**about, **TRACKING, dispatched_at=LATER),
        facts.ShipmentProgressed(**about, status="in_transit", description="Hub", occurred_at=LATER),
        facts.ShipmentDelivered(**about, delivered_at=LATER),
    ]


def state(order: Order) -> tuple[object, ...]:
    """Return the state that two orders with the same facts must have in common."""
    return order.status, order.payment, order.fulfillment, order.known, order.refunded, order.tracking, order.waiting


@pytest.mark.parametrize("batch", range(4))
def test_a_whole_saga_shuffled_and_doubled_ends_in_the_same_state(batch: int) -> None:
    for seed in range(batch * ROUNDS, (batch + 1) * ROUNDS):
        chance = random.Random(seed)
        order = begun().order
        told = the_facts_of_a_happy_order(order)
        shuffled = told + chance.choices(told, k=8)
        chance.shuffle(shuffled)
        in_order, reordered = order, order
        for fact in told:
            in_order = lifecycle.handle(in_order, fact, now=NOON, policy=POLICY).order
        for fact in shuffled:
            reordered = lifecycle.handle(reordered, fact, now=NOON, policy=POLICY).order
        assert state(reordered) == state(in_order)
        assert in_order.status is OrderStatus.CONFIRMED
        assert in_order.fulfillment is FulfillmentStatus.DELIVERED


@pytest.mark.parametrize("batch", range(4))
def test_an_order_that_is_paid_after_the_delivery_ends_in_the_same_state_too(batch: int) -> None:
    for seed in range(batch * ROUNDS, (batch + 1) * ROUNDS):
        chance = random.Random(seed)
        order = begun(payment_method="cash_on_delivery").order
        told = [*the_facts_of_a_happy_order(order), facts.PaymentDeferred(order_id=order.id)]
        shuffled = told + chance.choices(told, k=8)
        chance.shuffle(shuffled)
        in_order, reordered = order, order
        for fact in told:
            in_order = lifecycle.handle(in_order, fact, now=NOON, policy=POLICY).order
        for fact in shuffled:
            reordered = lifecycle.handle(reordered, fact, now=NOON, policy=POLICY).order
        assert state(reordered) == state(in_order)
        assert in_order.payment is PaymentStatus.CAPTURED


@pytest.mark.parametrize("batch", range(4))
def test_a_canceled_order_ends_in_the_same_state_in_whatever_order_the_money_came_and_went(batch: int) -> None:
    for seed in range(batch * ROUNDS, (batch + 1) * ROUNDS):
        chance = random.Random(seed)
        order = begun().order
        about = {"order_id": order.id}
        told = [
            facts.StockReserved(**about),
            facts.PaymentDeclined(**about, attempt=1, code="x", message="No"),
            facts.PaymentAuthorized(**about, amount=order.total),
            facts.PaymentCaptured(**about, amount=order.total),
            facts.PaymentVoided(**about),
            facts.PaymentRefunded(**about, refund_id=order.id, amount=order.total, refunded_total=order.total),
            facts.StockReleased(**about),
        ]
        shuffled = told + chance.choices(told, k=6)
        chance.shuffle(shuffled)
        order = lifecycle.cancel(order, reason=CancelReason.CUSTOMER, now=NOON, policy=POLICY).order
        for fact in shuffled:
            order = lifecycle.handle(order, fact, now=NOON, policy=POLICY).order
        assert (order.status, order.payment) == (OrderStatus.CANCELED, PaymentStatus.REFUNDED)
        assert order.waiting is None


CASES = {
    "happy": {},
    "out of stock": {"out_of_stock": True},
    "hold runs out": {"hold_runs_out": True},
    "declined once": {"card": "declined_once"},
    "bank asks": {"card": "action"},
    "capture fails": {"card": "capture_fails"},
    "never dispatched": {"dispatches": False},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("interference", ["none", "cancel", "time", "all"])
def test_with_neighbors_that_answer_late_twice_and_out_of_order_the_books_always_agree(
    case: str, interference: str
) -> None:
    for seed in range(15):
        chance = random.Random(f"{case}{interference}{seed}")
        order, neighbors = play(chance, interference, **CASES[case])
        where = f"seed {seed}: {state(order)}, {neighbors}"
        assert neighbors.charges <= 1, where
        assert neighbors.labels <= 1, where
        assert order.waiting is None, where
        if order.status is OrderStatus.CANCELED:
            assert neighbors.money in {"none", "closed", "refunded"}, where
            assert neighbors.stock in {"none", "released"}, where
            assert neighbors.parcel in {"none", "canceled"}, where
            assert (order.payment is PaymentStatus.REFUNDED) == (neighbors.money == "refunded"), where
        else:
            assert order.status is OrderStatus.CONFIRMED, where
            assert (neighbors.money, neighbors.stock) == ("taken", "allocated"), where
            assert order.payment is PaymentStatus.CAPTURED, where


def play(chance: random.Random, interference: str, **flags: object) -> tuple[Order, Neighbors]:
    """Play one order at random: answers in any order, some twice, with timers and a customer in between."""
    outcome, now = begun(), NOON
    order = outcome.order
    neighbors = Neighbors(order.id, order.total, **flags)
    post = list(outcome.messages)
    delivered: list[facts.Fact] = []
    for turn in range(300):
        now += timedelta(seconds=chance.choice([0, 1, 5]))
        quiet = not post and not neighbors.bag
        outcome = None
        match chance.randrange(10):
            case 0 | 1 | 2 if post:
                neighbors.take(post.pop(chance.randrange(len(post))))
            case 3 | 4 | 5 if neighbors.bag:
                fact = neighbors.bag.pop(chance.randrange(len(neighbors.bag)))
                delivered.append(fact)
                outcome = lifecycle.handle(order, fact, now=now, policy=POLICY)
            case 6 if delivered:
                outcome = lifecycle.handle(order, chance.choice(delivered), now=now, policy=POLICY)
            case 7 if interference in {"time", "all"} or quiet:
                now += timedelta(minutes=chance.choice([1, 5, 40])) if interference != "none" else timedelta(seconds=90)
                outcome = lifecycle.wake(order, now=now, policy=POLICY)
            case 8 if interference in {"cancel", "all"} and chance.random() < 0.2:
                outcome = allowed(lifecycle.cancel, order, reason=CancelReason.CUSTOMER, now=now)
            case 9:
                chance.choice([neighbors.bank_confirms, neighbors.courier_moves])() if turn > 20 else None
                if order.payment is PaymentStatus.DECLINED:
                    outcome = allowed(lifecycle.pay_another_way, order, payment_method="card_ok", now=now)
        if outcome is not None:
            order = outcome.order
            post += outcome.messages
    return settled(order, neighbors, post, now)


def allowed(act, order: Order, **given: object):
    try:
        return act(order, policy=POLICY, **given)
    except (OrderNotCancelable, PaymentNotExpected, PaymentWindowOver):
        return None


def settled(order: Order, neighbors: Neighbors, post: list[object], now) -> tuple[Order, Neighbors]:
    """Deliver all messages and let the timers expire."""
    for _ in range(40):
        while post or neighbors.bag:
            if post:
                neighbors.take(post.pop(0))
            if neighbors.bag:
                outcome = lifecycle.handle(order, neighbors.bag.pop(0), now=now, policy=POLICY)
                order, post = outcome.order, post + list(outcome.messages)
        if order.waiting is None:
            break
        now += timedelta(minutes=31)
        outcome = lifecycle.wake(order, now=now, policy=POLICY)
        order, post = outcome.order, post + list(outcome.messages)
    return order, neighbors


def test_a_fact_that_is_known_changes_nothing_and_says_nothing() -> None:
    order = begun().order
    for fact in the_facts_of_a_happy_order(order):
        order = lifecycle.handle(order, fact, now=NOON, policy=POLICY).order
    for fact in the_facts_of_a_happy_order(order):
        again = lifecycle.handle(order, fact, now=NOON, policy=POLICY)
        assert (again.order, again.messages, again.entries) == (order, (), ())


def test_the_sequence_told_to_the_customer_has_no_gap() -> None:
    outcome = begun()
    order, sequences = outcome.order, [entry.sequence for entry in outcome.entries if entry.sequence]
    for fact in the_facts_of_a_happy_order(order):
        outcome = lifecycle.handle(order, fact, now=NOON, policy=POLICY)
        order = outcome.order
        sequences += [entry.sequence for entry in outcome.entries if entry.sequence]
    assert sequences == list(range(1, len(sequences) + 1))
    assert order.sequence == len(sequences)
    assert replace(order.total, amount=0) == euros(0)
