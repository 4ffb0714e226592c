"""The Redis transport of the embedded run gives kombu's guarantees."""

from __future__ import annotations

import time

import pytest
import redis
from kombu import Connection, Consumer, Exchange, Producer, Queue, binding

from chassis.embedded import redis_transport
from testkit.processes import RedisServer, wait_until

EXCHANGE = Exchange("shop", type="topic")


@pytest.fixture
def server(tmp_path):
    server = RedisServer(tmp_path / "redis")
    yield server
    server.kill()


@pytest.fixture
def connect(server):
    """`connect(service)`: a connection like that of a separate process."""
    opened = []

    def connect(service="orders", visibility_timeout=0):
        options = {**redis_transport.options(service), "visibility_timeout": visibility_timeout}
        opened.append(Connection(server.url(1), transport=redis_transport.Transport, transport_options=options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.release()


def declared(connection, name, *types):
    channel = connection.channel()
    queue = Queue(name, EXCHANGE, routing_key=name, bindings=[binding(EXCHANGE, routing_key=each) for each in types])
    bound = queue(channel)
    bound.declare()
    return bound


def publish(connection, type_, body):
    Producer(connection.channel(), auto_declare=False).publish(body, exchange="shop", routing_key=type_)


def received(queue):
    message = queue.get()
    if message:
        message.ack()
    return message and message.payload


def test_a_message_reaches_every_queue_that_is_bound_to_its_type(connect):
    connection = connect()
    orders, mails = declared(connection, "orders", "paid.v1"), declared(connection, "mails", "paid.v1", "sent.v1")
    publish(connection, "paid.v1", "one")
    publish(connection, "sent.v1", "two")
    assert [received(orders), received(orders)] == ["one", None]
    assert [received(mails), received(mails), received(mails)] == ["one", "two", None]


def test_only_unacknowledged_messages_are_delivered_again(connect):
    orders = declared(connect(), "orders", "paid.v1")
    publish(connect(), "paid.v1", "lost")
    publish(connect(), "paid.v1", "done")
    assert orders.get().payload == "lost"
    assert received(orders) == "done"
    successor = declared(connect(), "orders", "paid.v1")
    successor.channel.qos.restore_visible(interval=1)
    assert [received(successor), received(successor)] == ["lost", None]


@pytest.mark.parametrize("order", [("orders", "mails"), ("mails", "orders")])
def test_a_copy_in_the_hands_of_a_killed_worker_comes_again_when_another_service_has_acknowledged_its_own(
    connect, order
):
    """The copies of one message in several queues have the same delivery tag."""
    first, second = (declared(connect(service), service, "paid.v1") for service in order)
    publish(connect(), "paid.v1", "both")
    kept, lost = first.get(), second.get()
    assert kept.delivery_tag == lost.delivery_tag
    kept.ack()
    # The second one is killed here; its successor looks for its messages.
    successor = declared(connect(order[1]), order[1], "paid.v1")
    successor.channel.qos.restore_visible(interval=1)
    assert received(successor) == "both"
    assert received(first) is None, "it goes back to the queue it came from, and to no other"


def test_only_its_own_service_gives_back_what_a_killed_worker_had(connect):
    orders, mails = (declared(connect(service), service, "paid.v1") for service in ("orders", "mails"))
    publish(connect(), "paid.v1", "lost")
    assert orders.get()
    mails.channel.qos.restore_visible(interval=1)
    assert received(mails) == "lost"
    assert received(orders) is None
    orders.channel.qos.restore_visible(interval=1)
    assert received(orders) == "lost"


def test_a_returned_message_goes_back_only_to_its_own_queue(connect):
    orders, mails = (declared(connect(service), service, "paid.v1") for service in ("orders", "mails"))
    publish(connect(), "paid.v1", "again")
    orders.get().requeue()
    assert [received(orders), received(orders)] == ["again", None]
    assert [received(mails), received(mails)] == ["again", None]


def test_a_message_in_transit_to_a_killed_reader_is_delivered_again(connect, server):
    """Redis has taken it out of the queue, but the worker has not read it."""
    publisher = connect()
    declared(publisher, "orders", "paid.v1")
    publish(publisher, "paid.v1", "on its way")
    killed = declared(connect(), "orders", "paid.v1")
    killed.consume(lambda message: None)
    killed.channel.connection.cycle._register_BRPOP(killed.channel)
    with redis.Redis.from_url(server.url(1)) as looking:
        wait_until(lambda: not looking.llen("orders"), what="the message on its way")
    killed.channel._in_poll.disconnect()
    successor = declared(connect(), "orders", "paid.v1")
    successor.channel.qos.restore_visible(interval=1)
    assert received(successor) == "on its way"


def test_a_reader_that_waits_is_woken(connect, monkeypatch):
    """It gets all messages, one after the other. Without the signal it would look after a minute."""
    monkeypatch.setattr(redis_transport.Transport, "brpop_timeout", 60)
    reader, read = connect(), []
    with reader.Consumer(declared(reader, "orders", "paid.v1"), callbacks=[lambda body, message: read.append(body)]):
        with pytest.raises(TimeoutError):
            reader.drain_events(timeout=0.1)
        for number in range(5):
            publish(connect(), "paid.v1", number)
        while len(read) < 5:
            reader.drain_events(timeout=10)
    assert read == [0, 1, 2, 3, 4]


def test_a_queue_that_is_bound_later_is_found_when_what_was_known_is_old(connect, monkeypatch):
    connection = connect()
    orders = declared(connection, "orders", "paid.v1")
    monkeypatch.setattr(redis_transport, "_BINDINGS_CACHED", 0.0)
    producer = Producer(connection.channel(), auto_declare=False)
    producer.publish("early", exchange="shop", routing_key="paid.v1")
    mails = declared(connect(), "mails", "paid.v1")
    producer.publish("late", exchange="shop", routing_key="paid.v1")
    assert [received(orders), received(orders)] == ["early", "late"]
    assert [received(mails), received(mails)] == ["late", None]


def test_a_server_that_was_away_is_used_again(connect, server):
    connection = connect()
    declared(connection, "orders", "paid.v1")
    publish(connection, "paid.v1", "before")
    server.kill()
    with pytest.raises(connection.connection_errors):
        publish(connection, "paid.v1", "meanwhile")
    server.start()
    publish(connection, "paid.v1", "after")
    orders = declared(connect(), "orders", "paid.v1")
    assert received(orders) == "before"
    assert received(orders) == "after"


@pytest.mark.parametrize("settle", ["ack", "requeue"])
def test_a_worker_whose_acknowledgment_fails_takes_further_messages(connect, server, settle):
    """Otherwise a response slower than `socket_timeout` would occupy one thread of the worker for ever."""
    reader = connect()
    queue = declared(reader, "orders", "paid.v1")
    queue.channel.basic_qos(0, 1, False)
    publish(connect(), "paid.v1", "one")
    message = queue.get()
    assert not queue.channel.qos.can_consume()
    server.kill()
    with pytest.raises(reader.connection_errors):
        getattr(message, settle)()
    assert queue.channel.qos.can_consume()


def test_a_redis_that_cannot_write_is_tried_again_like_one_that_is_away(connect, server):
    """For example with a full disk: it responds with an error."""
    reader = connect()
    queue = declared(reader, "orders", "paid.v1")
    publish(reader, "paid.v1", "before")
    with redis.Redis.from_url(server.url(1)) as looking:
        looking.config_set("min-replicas-to-write", 1)
        with pytest.raises(reader.connection_errors):
            publish(reader, "paid.v1", "meanwhile")
        with reader.Consumer(queue, callbacks=[print]), pytest.raises(reader.connection_errors):
            reader.drain_events(timeout=5)
        looking.config_set("min-replicas-to-write", 0)
    successor = declared(connect(), "orders", "paid.v1")
    assert received(successor) == "before"


def test_a_message_taken_while_a_clock_was_ahead_is_delivered_again(connect, server):
    """It does not wait until the clock has caught up."""
    orders = declared(connect(), "orders", "paid.v1")
    publish(connect(), "paid.v1", "lost")
    tag = orders.get().delivery_tag
    with redis.Redis.from_url(server.url(1)) as looking:
        looking.zadd("orders_unacked_index", {tag: time.time() + 7200})
    successor = declared(connect(), "orders", "paid.v1")
    successor.channel.qos.restore_visible(interval=1)
    assert received(successor) == "lost"


def consuming(connection, *, prefetch):
    """A consumer of `orders` that settles nothing, and what it was given."""
    channel, read = connection.channel(), []
    queue = Queue("orders", EXCHANGE, routing_key="orders", bindings=[binding(EXCHANGE, routing_key="paid.v1")])
    consumer = Consumer(channel, [queue], on_message=read.append, prefetch_count=prefetch)
    consumer.consume()
    return consumer, read


def drain(connection, read, count):
    while len(read) < count:
        connection.drain_events(timeout=10)


def publish_many(connection, count):
    for number in range(count):
        publish(connection, "paid.v1", str(number))


def test_a_reader_takes_at_once_what_there_is_and_no_more_than_it_may(connect, server):
    reader = connect()
    consumer, read = consuming(reader, prefetch=10)
    publish_many(connect(), 15)
    drain(reader, read, 1)
    with redis.Redis.from_url(server.url(1)) as looking:
        wait_until(lambda: looking.zcard("orders_unacked_index") == 10, what="ten taken")
        drain(reader, read, 10)
        assert looking.llen("orders") == 5
    assert not consumer.channel.qos.can_consume()
    assert [message.payload for message in read] == [str(number) for number in range(10)]


def test_what_a_full_reader_leaves_wakes_another(connect, monkeypatch):
    """By itself it would look again after a minute."""
    monkeypatch.setattr(redis_transport.Transport, "brpop_timeout", 60)
    first, second = connect(), connect()
    _, read = consuming(first, prefetch=2)
    _, others = consuming(second, prefetch=10)
    for reader in (first, second):
        with pytest.raises(TimeoutError):
            reader.drain_events(timeout=0.1)
    publisher = connect()
    publisher.channel().in_one_round_trip(*[("LPUSH", "orders", raw) for raw in raws(publisher, 5)])
    publish(publisher, "paid.v1", "last")
    drain(first, read, 2)
    drain(second, others, 4)


def raws(connection, count):
    """Messages as they are stored, without their tokens."""
    channel = connection.channel()
    declared(connection, "spare", "spare.v1")
    for number in range(count):
        publish(connection, "spare.v1", number)
    client = channel.client
    return [client.rpop("spare") for _ in range(count)]


def test_one_acknowledgment_settles_all_up_to_its_message(connect, server):
    reader = connect()
    consumer, read = consuming(reader, prefetch=10)
    publish_many(connect(), 6)
    drain(reader, read, 6)
    read[3].ack(multiple=True)
    assert consumer.channel.qos.held() == [message.delivery_tag for message in read[4:]]
    with redis.Redis.from_url(server.url(1)) as looking:
        assert looking.zcard("orders_unacked_index") == looking.hlen("orders_unacked") == 2
    successor = declared(connect(), "orders", "paid.v1")
    successor.channel.qos.restore_visible(interval=1)
    assert {received(successor), received(successor)} == {"4", "5"}
    assert received(successor) is None


def test_what_a_living_reader_holds_for_long_is_not_redelivered(connect, server):
    reader = connect(visibility_timeout=30)
    consumer, read = consuming(reader, prefetch=10)
    publish_many(connect(), 2)
    drain(reader, read, 2)
    with redis.Redis.from_url(server.url(1)) as looking:
        looking.zadd("orders_unacked_index", {message.delivery_tag: time.time() - 60 for message in read})
        consumer.channel.qos.restore_visible(interval=1)
        assert looking.llen("orders") == 0
        looking.zadd("orders_unacked_index", {message.delivery_tag: time.time() - 60 for message in read})
        declared(connect(visibility_timeout=30), "orders", "paid.v1").channel.qos.restore_visible(interval=1)
        assert looking.llen("orders") == 2, "another reader, after this one was killed"


def test_what_is_on_its_way_to_a_reader_that_stops_is_read(connect, server):
    """So that it need not come again as if its reader had died."""
    reader = connect()
    consumer, read = consuming(reader, prefetch=10)
    reader.connection.cycle._register_BRPOP(consumer.channel)
    publish_many(connect(), 3)
    reader.connection.cycle._register_BRPOP(consumer.channel)
    consumer.cancel()
    assert [message.payload for message in read] == ["0", "1", "2"] or not read
