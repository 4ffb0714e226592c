"""A batch of the relay: many messages on their way at once, and each one's own outcome."""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import redis
from brokers import REAL
from celery import Celery
from kombu import Connection, Exchange, Queue, binding
from kombu.serialization import dumps, loads
from uuid_utils.compat import uuid7
from worlds import World

from chassis.broker import RECEIVE
from chassis.embedded import redis_transport
from chassis.outbox import publishing
from chassis.outbox.models import OutboxMessage
from chassis.outbox.publishing import BatchPublisher, ConfirmedPublisher, Tasks
from chassis.outbox.relay import LEASE
from chassis.outbox.sinks import MessageRejected
from testkit.processes import RedisServer


def message(subject, number=0, *, type_="thing.happened.v1", mandatory=False):
    return OutboxMessage(
        id=uuid7(), type=type_, subject=subject, version=number, mandatory=mandatory, envelope=f'{{"n": {number}}}'
    )


@pytest.fixture
def tasks():
    return Tasks(Celery("probe"), RECEIVE, "souk")


def test_a_message_is_the_task_that_celery_would_send(tasks):
    """With the headers and the body of `send_task`, so that any Celery worker understands it."""
    app, sent = Celery("probe"), {}
    one = message("lamp", 7)

    class Producer:
        def publish(self, body, **given):
            sent.update(given, body=body)

    app.amqp.send_task_message(
        Producer(),
        RECEIVE,
        app.amqp.as_task_v2(str(one.id), RECEIVE, args=[one.envelope], argsrepr=one.type, ignore_result=True),
        exchange="souk",
        routing_key=one.type,
        retry=False,
    )
    ours = tasks.of(one)
    assert ours["headers"] == sent["headers"]
    assert [ours[name] for name in ("correlation_id", "exchange", "routing_key")] == [
        sent[name] for name in ("correlation_id", "exchange", "routing_key")
    ]
    theirs = dumps(sent["body"], serializer="json")
    assert loads(ours["body"], ours["content_type"], ours["content_encoding"]) == loads(theirs[2], *theirs[:2])


class Broker:
    """A connection with one channel; `confirms` says how it answers a publish: ack, nack, return or nothing."""

    def __init__(self):
        self.events, self.confirms, self.published, self.waits = defaultdict(set), {}, [], 0
        self.in_one = False

    def channel(self):
        return self

    def confirm_select(self):
        """As RabbitMQ."""

    def prepare_message(self, body, priority, content_type, encoding, headers, properties):
        return SimpleNamespace(properties=properties, body=body)

    def basic_publish(self, sent, **given):
        self.published.append((given["routing_key"], sent))

    def drain_events(self, timeout):
        """Answer all that was published since the last time."""
        self.waits += 1
        first = getattr(self, "answered", 0) + 1
        self.answered = len(self.published)
        if self.in_one:
            return self.tell("basic_ack", self.answered, True)
        if first > self.answered:
            raise TimeoutError
        for tag in range(first, self.answered + 1):
            type_, sent = self.published[tag - 1]
            answer = self.confirms.get(type_, "ack")
            if answer == "return":
                self.tell("basic_return", MessageRejected("312 NO_ROUTE"), "souk", type_, sent)
            if answer != "nothing":
                self.tell("basic_nack" if answer == "nack" else "basic_ack", tag, False)
        return None

    def tell(self, event, *arguments):
        for callback in self.events[event]:
            callback(*arguments)


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def publisher(broker, tasks):
    return ConfirmedPublisher(broker, tasks)


def outcomes(results):
    return [(each.subject, each.version, refusal and str(refusal)) for each, refusal in results]


def test_all_confirms_of_a_batch_are_waited_for_together(publisher, broker):
    assert outcomes(publisher.publish([message(f"{n}") for n in range(100)])) == [(f"{n}", 0, None) for n in range(100)]
    assert broker.waits == 1
    assert outcomes(publisher.publish([message("again")])) == [("again", 0, None)]


def test_one_confirm_may_be_for_many(publisher, broker):
    broker.in_one = True
    assert len(outcomes(publisher.publish([message(f"{n}") for n in range(10)]))) == 10


def test_the_next_message_of_a_subject_waits_for_the_confirm_of_the_one_before(publisher, broker):
    batch = [message("a", 1), message("b", 1), message("a", 2), message("a", 3), message("b", 2)]
    assert outcomes(publisher.publish(batch)) == [
        ("a", 1, None),
        ("b", 1, None),
        ("a", 2, None),
        ("b", 2, None),
        ("a", 3, None),
    ]
    assert broker.waits == 3


@pytest.mark.parametrize(("answer", "reason"), [("return", "no queue is bound"), ("nack", "could not store")])
def test_a_rejected_message_holds_the_later_ones_of_its_subject_and_no_others(publisher, broker, answer, reason):
    broker.confirms = {"thing.break.v1": answer}
    batch = [message("a", 1, type_="thing.break.v1", mandatory=True), message("a", 2), message("b", 1), message("b", 2)]
    (_, _, refusal), *others = outcomes(publisher.publish(batch))
    assert reason in refusal
    assert others == [("b", 1, None), ("b", 2, None)]


def test_what_was_confirmed_before_the_broker_fell_silent_is_sent(publisher, broker):
    broker.confirms = {"thing.break.v1": "nothing"}
    results = publisher.publish([message("a"), message("b", type_="thing.break.v1"), message("c")])
    assert outcomes([next(results), next(results)]) == [("a", 0, None), ("c", 0, None)]
    with pytest.raises(TimeoutError):
        next(results)


@pytest.fixture
def server(tmp_path):
    server = RedisServer(tmp_path / "redis")
    yield server
    server.kill()


@pytest.fixture
def connection(server):
    options = redis_transport.options("probe")
    with Connection(server.url(1), transport=redis_transport.Transport, transport_options=options) as connection:
        exchange = Exchange("souk", type="topic")
        for name in ("orders", "mails"):
            Queue(name, exchange, bindings=[binding(exchange, routing_key="thing.happened.v1")])(
                connection.default_channel
            ).declare()
        yield connection


def stored(server, queue):
    return redis.Redis.from_url(server.url(1)).llen(queue)


def test_redis_takes_a_batch_in_one_transaction_and_every_queue_gets_it_in_order(connection, server, tasks):
    publisher = BatchPublisher(connection, tasks)
    with redis.Redis.from_url(server.url(1)) as looking:
        looking.config_resetstat()
        assert len(outcomes(publisher.publish([message("a", number) for number in range(50)]))) == 50
        assert looking.info("commandstats")["cmdstat_exec"]["calls"] == 1
    for name in ("orders", "mails"):
        queue = Queue(name)(connection.default_channel)
        assert [queue.get(no_ack=True).payload[0] for _ in range(50)] == [[f'{{"n": {n}}}'] for n in range(50)]


def test_redis_takes_all_of_a_batch_or_nothing(connection, server, tasks):
    publisher = BatchPublisher(connection, tasks)
    with redis.Redis.from_url(server.url(1)) as looking:
        looking.config_set("min-replicas-to-write", 1)
        with pytest.raises(connection.connection_errors):
            outcomes(publisher.publish([message("a", 1), message("a", 2)]))
        looking.config_set("min-replicas-to-write", 0)
        looking.delete("mails")
        looking.set("mails", "not a list")
        with pytest.raises(connection.connection_errors):
            outcomes(publisher.publish([message("a", 1)]))
    assert stored(server, "orders") == 1, "the transaction of Redis goes on after such an error; the relay sends again"


ROUTES = """
import django; django.setup()
from test_publishing import message, outcomes
from chassis.celery import new_sink
from probe.celery import app

sink = new_sink(app)
sink.check()
batch = [message(f"{n}") for n in range(50)]
batch[20:20] = [message("x", 1, type_="thing.break.v1", mandatory=True), message("x", 2)]
results = {(subject, version): refusal for subject, version, refusal in outcomes(sink.send_all(batch))}
assert "NO_ROUTE" in results.pop(("x", 1)), results
assert results == {(f"{n}", 0): None for n in range(50)}, results
sink.close()
"""


@pytest.mark.skipif(not REAL, reason="only RabbitMQ returns messages")
def test_rabbitmq_says_which_message_of_a_batch_no_queue_takes(tmp_path):
    world = World(tmp_path)
    try:
        world.run("-c", ROUTES)
        assert world.broker.messages_in("probe_messages") == 50
    finally:
        world.end()


def test_a_batch_is_given_up_before_another_relay_may_send_it():
    assert LEASE.total_seconds() > publishing.CONFIRM_LIMIT
