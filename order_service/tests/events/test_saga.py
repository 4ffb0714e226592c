"""The saga over inbox, outbox and database."""

import random
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chassis import codec
from chassis.inbox.models import FailedMessage
from chassis.inbox.receiver import Outcome
from orders import events_out
from orders.events_in import HANDLERS
from orders.models import Order, TimelineEntry
from testkit.plugin import Outbox
from testkit.project import queries_of
from tests.factories import place
from tests.neighbors import Neighbors

pytestmark = pytest.mark.django_db

COMMANDS = {
    declared.__message__.name: declared
    for declared in vars(events_out).values()
    if getattr(getattr(declared, "__message__", None), "kind", None) == "command"
}


def carried(outbox: Outbox, seen: set, neighbors: Neighbors) -> None:
    """Deliver the newly recorded messages to the other services."""
    for envelope in outbox.envelopes():
        if envelope.id not in seen and envelope.type in COMMANDS:
            neighbors.take(codec.read(envelope.data, COMMANDS[envelope.type]))
        seen.add(envelope.id)


def told(deliver, fact, times: int = 1) -> None:
    extra = {"payment_id": str(uuid4()), "something_new": [1, 2]}
    outcomes = deliver(f"{fact.kind}.v1", {**codec.data_of(fact), **extra}, times=times)
    assert outcomes == [Outcome.DONE] + [Outcome.DUPLICATE] * (times - 1)


def steps_of(outbox: Outbox) -> list[int]:
    """Return the numbers of the steps that the messages tell of, one message each."""
    carried = [envelope.data["update"] for envelope in outbox.envelopes() if envelope.data.get("update")]
    return [step["sequence"] for step in [*outbox.data("order.progressed.v1"), *carried]]


@pytest.mark.parametrize("seed", range(12))
def test_a_whole_saga_shuffled_and_doubled_on_the_database(
    customer_id: UUID, deliver, outbox: Outbox, seed: int
) -> None:
    chance = random.Random(seed)
    order = place(customer_id)
    neighbors, seen, old = Neighbors(order.id, order.total), set(), []
    for _ in range(60):
        carried(outbox, seen, neighbors)
        if neighbors.bag:
            fact = neighbors.bag.pop(chance.randrange(len(neighbors.bag)))
            told(deliver, fact, times=chance.choice([1, 2]))
            old.append(fact)
        elif old and chance.random() < 0.3:
            told(deliver, chance.choice(old))  # the same fact by another message
        else:
            neighbors.courier_moves()
    row = Order.objects.get()
    assert (row.status, row.payment, row.fulfillment) == ("confirmed", "captured", "delivered")
    assert (neighbors.charges, neighbors.labels, neighbors.stock) == (1, 1, "allocated")
    for once in ("payment.capture.v1", "shipment.create.v1", "order.confirmed.v1", "order.delivered.v1"):
        assert outbox.types().count(once) == 1
    sequences = list(TimelineEntry.objects.exclude(sequence=None).order_by("id").values_list("sequence", flat=True))
    assert sequences == list(range(1, row.sequence + 1))
    assert sorted(steps_of(outbox)) == sequences


def test_each_message_of_the_saga_costs_few_statements(customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = place(customer_id)
    # The inbox: mark, forget an older failure; the outbox: last version, insert; ours: order, lines, save, timeline;
    # and the transaction's own two.
    assert queries_of(connection, lambda: deliver("stock.reserved.v1", {"order_id": str(order.id)})) <= 10


@pytest.mark.parametrize(
    "type_",
    [name for name in HANDLERS if not name.startswith(("product", "return", "stock.rest", "user", "personal_data"))],
)
def test_a_message_about_an_order_that_is_not_there_is_kept_and_harms_nothing(deliver, type_: str) -> None:
    data = {
        "order_id": str(uuid4()),
        "lines": [],
        "attempt": 1,
        "amount": {"amount": 1, "currency": "EUR"},
        "refunded_total": {"amount": 1, "currency": "EUR"},
        "refund_id": str(uuid4()),
        "dispute_id": str(uuid4()),
        "outcome": "lost",
        "action_url": "https://bank.example/",
        "dispatched_at": "2024-11-22T12:00:00Z",
        "delivered_at": "2024-11-22T12:00:00Z",
        "occurred_at": "2024-11-22T12:00:00Z",
        "returned_at": "2024-11-22T12:00:00Z",
        **dict.fromkeys(
            ("code", "message", "carrier", "tracking_number", "tracking_url", "status", "description", "reason"), "x"
        ),
    }
    assert deliver(type_, data) == [Outcome.FAILED]
    assert "OrderNotFound" in FailedMessage.objects.get().error
    assert not Order.objects.exists()


def test_another_amount_is_shown_at_the_order_which_stays_as_it_was(customer_id: UUID, deliver) -> None:
    order = place(customer_id)
    about = {"order_id": str(order.id)}
    deliver("stock.reserved.v1", about)
    wrong = {**about, "attempt": 1, "amount": {"amount": 1, "currency": "EUR"}}
    assert deliver("payment.authorized.v1", wrong) == [Outcome.DONE]
    assert not FailedMessage.objects.exists()
    row = Order.objects.get()
    assert (row.payment, row.waiting_step, row.ask_again_at) == ("pending", "authorize", None)
    assert "0.01 EUR" in row.attention
    assert "77.38 EUR" in row.attention


def test_a_refund_that_staff_made_at_payments_is_seen(customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = place(customer_id)
    about = {"order_id": str(order.id)}
    total = {"amount": order.total.amount, "currency": "EUR"}
    part = {"amount": 500, "currency": "EUR"}
    deliver("payment.captured.v1", {**about, "amount": total})
    deliver("payment.refunded.v1", {**about, "refund_id": str(uuid4()), "amount": part, "refunded_total": part})
    row = Order.objects.get()
    assert (row.payment, row.refunded_amount) == ("partially_refunded", 500)


def test_an_older_release_of_notifications_is_told_each_step_by_a_message_of_its_own(
    customer_id: UUID, deliver, outbox: Outbox, settings
) -> None:
    settings.TELL_OLDER_NOTIFICATIONS = True
    order = place(customer_id)
    deliver("stock.reserved.v1", {"order_id": str(order.id)})
    deliver("payment.captured.v1", {"order_id": str(order.id), "amount": codec.data_of(order.total)})
    apart = outbox.data("order.progressed.v1")
    assert [step["step"] for step in apart] == ["placed", "reserved"]
    placed = outbox.one("order.placed.v1")
    about = {name: placed[name] for name in ("order_id", "number", "customer_id")}
    assert apart[0] == {**about, **placed["update"]}


def test_each_step_of_an_order_that_arrives_is_told_by_one_message(customer_id: UUID, deliver, outbox: Outbox) -> None:
    order = place(customer_id)
    neighbors, seen = Neighbors(order.id, order.total), set()
    for _ in range(30):
        carried(outbox, seen, neighbors)
        if neighbors.bag:
            told(deliver, neighbors.bag.pop(0))
        else:
            neighbors.courier_moves()
    steps = {
        envelope.type: envelope.data["update"]["step"] for envelope in outbox.envelopes() if envelope.data.get("update")
    }
    assert steps == {
        "order.placed.v1": "placed",
        "order.confirmed.v1": "confirmed",
        "order.dispatched.v1": "dispatched",
        "order.delivered.v1": "delivered",
    }
    apart = {data["step"] for data in outbox.data("order.progressed.v1")}
    assert apart.isdisjoint(steps.values())
    assert sorted(steps_of(outbox)) == list(range(1, Order.objects.get().sequence + 1))
