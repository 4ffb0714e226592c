"""The inbox takes what is there: many messages in one transaction; whatever happens to a batch, each counts once."""

import signal
import threading
import urllib.request
from contextlib import suppress

import pytest
from celery import bootsteps
from django.db import DatabaseError, OperationalError
from kombu import Connection, Producer
from worlds import World

from chassis.broker import RECEIVE, SEND_AGAIN
from chassis.embedded.redis_transport import Transport, options
from chassis.inbox import batches, consumer, receiver
from testkit.processes import RedisServer, free_port, wait_until


class Delivery:
    """A message as it comes from the broker."""

    def __init__(self, text, *, task=RECEIVE, redelivered=False):
        self.headers = {"task": task}
        self.delivery_info = {"redelivered": redelivered}
        self.payload = [[text], {}, {}]

    def __repr__(self):
        return self.payload[0][0]


def deliveries(count, **given):
    return [Delivery(str(number), **given) for number in range(count)]


@pytest.fixture
def inbox(monkeypatch):
    """What the receiver was given; `inbox.raises` maps a text to what it raises."""

    class Inbox:
        away = False

        def receive(self, text):
            if text in self.raises:
                raise self.raises[text]
            self.received.append(text)

    inbox = Inbox()
    inbox.received, inbox.aside, inbox.raises = [], [], {}
    monkeypatch.setattr(receiver, "receive_all", lambda texts: [inbox.receive(text) for text in texts])
    monkeypatch.setattr(receiver, "set_aside", inbox.aside.append)
    monkeypatch.setattr(batches, "close_old_connections", lambda: None)  # of a test before, perhaps
    monkeypatch.setattr(batches, "database_is_away", lambda: inbox.away)
    monkeypatch.setattr(batches, "FIRST_PAUSE", 0.0)
    return inbox


def settled(batch):
    """The settlement of one batch, by what is done with each delivery."""
    done = batches._settled(batch)
    return {kind: list(map(repr, getattr(done, kind))) for kind in ("handled", "refused", "returned")}


def test_a_batch_is_handled_together_and_in_its_order(inbox):
    assert settled(deliveries(5)) == {"handled": list("01234"), "refused": [], "returned": []}
    assert inbox.received == list("01234")


def test_what_is_redelivered_is_set_aside_and_its_neighbors_are_handled(inbox):
    batch = deliveries(4)
    batch[2].delivery_info["redelivered"] = True
    assert settled(batch)["handled"] == list("0123")
    assert (inbox.received, inbox.aside) == (list("013"), ["2"])


def test_a_delivery_that_the_inbox_cannot_take_is_refused_alone(inbox):
    inbox.raises = {"2": ValueError("a bug")}
    assert settled(deliveries(4)) == {"handled": list("013"), "refused": ["2"], "returned": []}


def test_a_delivery_with_a_broken_body_is_refused_alone(inbox):
    batch = deliveries(3)
    batch[1].payload = "nothing of ours"
    done = batches._settled(batch)
    assert (done.handled, done.refused) == ([batch[0], batch[2]], [batch[1]])


def test_a_delivery_whose_failure_cannot_be_stored_is_returned_alone(inbox):
    """Its neighbors do not wait for it."""
    inbox.raises = {"1": DatabaseError("value too long")}
    assert settled(deliveries(3)) == {"handled": list("02"), "refused": [], "returned": ["1"]}


def test_a_batch_is_kept_while_the_database_is_away(inbox, monkeypatch):
    inbox.raises, inbox.away = {"1": OperationalError("away")}, True
    tries = iter([False, False, True])

    class Stopping:
        def wait(self, pause):
            if next(tries):
                inbox.raises = {}
            return False

    monkeypatch.setattr(batches, "_stopping", Stopping())
    assert settled(deliveries(3))["handled"] == list("012")
    assert next(tries, None) is None


def test_a_batch_is_returned_when_the_worker_stops_while_the_database_is_away(inbox, monkeypatch):
    inbox.raises, inbox.away = {"1": OperationalError("away")}, True
    stopping = threading.Event()
    stopping.set()
    monkeypatch.setattr(batches, "_stopping", stopping)
    assert settled(deliveries(3)) == {"handled": [], "refused": [], "returned": list("012")}


def test_what_gathers_while_a_batch_is_handled_is_the_next_batch(inbox, monkeypatch):
    """One that is alone does not wait; no batch is larger than its size."""
    begun, go_on, sizes = threading.Event(), threading.Event(), []

    def receive_all(texts):
        sizes.append(len(texts))
        begun.set()
        assert go_on.wait(10)

    monkeypatch.setattr(receiver, "receive_all", receive_all)
    done = []
    under_test = batches.Batches(50, done.append)
    under_test.add(deliveries(1))
    assert begun.wait(10)
    for delivery in deliveries(70):
        under_test.add([delivery])
    assert not under_test.wait_until_done(0.0)
    go_on.set()
    assert under_test.wait_until_done(10)
    assert sizes == [1, 50, 20]
    assert [len(each.handled) for each in done] == sizes


def test_a_request_to_send_again_is_a_delivery_like_others(inbox, monkeypatch):
    asked = []
    monkeypatch.setattr(batches, "send_again", lambda types, since: asked.append((types, since)))
    batch = [*deliveries(1), Delivery("", task=SEND_AGAIN)]
    batch[1].payload = [[], {"types": ["thing.happened.v1"], "since": "2026-01-01"}, {}]
    assert batches._settled(batch).handled == batch
    assert asked == [(["thing.happened.v1"], "2026-01-01")]


class Worker:
    """What the step sees of Celery's consumer."""

    def __init__(self, connection):
        from probe.celery import app

        self.app, self.connection = app, connection
        self.connection_errors = connection.connection_errors
        self.blueprint = self
        self.state = bootsteps.RUN

    def call_soon(self, function):
        function()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    server = RedisServer(tmp_path / "redis")
    with Connection(server.url(1), transport=Transport, transport_options=options("probe")) as connection:
        yield Worker(connection)
    server.kill()


def test_messages_have_a_channel_of_their_own_with_room_for_two_batches(worker, inbox, settings):
    """Jobs come by Celery's channel, as many as there are threads."""
    celerys = worker.connection.default_channel
    celerys.basic_qos(0, 2, False)
    step = consumer.Messages(worker)
    assert step.include_if(worker)
    assert list(worker.app.amqp.queues.consume_from) == ["probe_jobs"]
    step.start(worker)
    assert step._consumer.channel.qos.prefetch_count == 2 * settings.MESSAGES_PER_BATCH
    assert celerys.qos.prefetch_count == 2
    producer = Producer(worker.connection.channel(), auto_declare=False)
    for number in range(150):
        headers = {"task": RECEIVE if number != 70 else "something.else"}
        producer.publish([[str(number)], {}, {}], routing_key="probe_messages", headers=headers, serializer="json")

    def all_received():
        with suppress(TimeoutError):
            worker.connection.drain_events(timeout=0.05)
        return len(inbox.received) >= 149

    wait_until(all_received, what="all messages")
    worker.state = bootsteps.CLOSE
    step.stop(worker)
    assert inbox.received == [str(number) for number in range(150) if number != 70]
    assert step._consumer.channel.qos.held() == []
    step.shutdown(worker)


@pytest.fixture
def address():
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def world(tmp_path, address):
    made = World(tmp_path, PROBE_HURRY="yes", METRICS_LISTEN=address)
    yield made
    made.end()


def wait_until_queued(world, count):
    """All are there before a worker takes the first."""
    relay = world.relay()
    wait_until(world.all_sent, what="sending")
    relay.stop()
    wait_until(lambda: world.broker.messages_in("probe_messages") >= count, what=f"{count} messages in the queue")


def introduce(world):
    """Let its relay ask for lost messages, so that nothing is sent twice later."""
    worker = world.worker()
    wait_until(world.is_known_to_the_broker, seconds=60, what="the introduction")
    wait_until(lambda: not world.broker.messages_in("probe_messages"), what="an empty queue")
    worker.stop()


def batch_sizes(address):
    """The mean size, and how many messages came."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        lines = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[0] != "#")
    total = float(lines["souk_messages_batch_size_sum"])
    return total / float(lines["souk_messages_batch_size_count"]), total


def failures(world):
    return world.rows("SELECT type, attempts, parked_at IS NOT NULL FROM inbox_failedmessage")


def test_what_waits_is_handled_in_batches(world, address):
    introduce(world)
    world.record("ThingHappened", 0, 120)
    wait_until_queued(world, 120)
    world.worker()
    world.expect_effects(120)
    mean, total = batch_sizes(address)
    assert total == 120
    assert mean > 10


def test_one_that_fails_in_the_middle_of_a_batch_is_kept_and_its_neighbors_are_done_once(world):
    world.record("ThingHappened", 0, 20)
    world.record("ThingPoisoned", 20, 21)
    world.record("ThingHappened", 21, 40)
    wait_until_queued(world, 40)
    world.worker()
    wait_until(lambda: len(world.effects()) == 39, what="the neighbors")
    ((type_, attempts, _),) = wait_until(lambda: failures(world), what="the failure")
    assert type_ == "thing.poisoned.v1"
    assert attempts >= 1
    (world.folder / "cure").touch()
    world.expect_effects(40)


def test_what_comes_again_in_the_same_batch_and_later_counts_once(world):
    again = "; from chassis.outbox.relay import rewind; from datetime import timedelta; rewind(timedelta(hours=1))"
    world.record("ThingHappened", 0, 40)
    wait_until_queued(world, 40)
    world.run("-c", f"import django; django.setup(){again}")
    wait_until_queued(world, 80)
    world.worker()
    world.expect_effects(40)
    world.run("-c", f"import django; django.setup(){again}")
    wait_until(world.all_sent, what="sending")
    world.record("ThingHappened", 40, 45)
    world.expect_effects(45)
    assert failures(world) == []


def test_killed_after_the_commit_of_a_batch_and_before_its_acknowledgment(world):
    world.record("ThingHappened", 0, 30)
    world.record("ThingUnacknowledged", 30, 31)
    world.record("ThingHappened", 31, 50)
    wait_until_queued(world, 50)
    worker = world.worker()
    wait_until(lambda: not worker.running, seconds=60, what="the worker's death")
    world.worker()
    world.expect_effects(50)


def test_one_that_kills_its_process_in_the_middle_of_a_batch_is_parked_and_its_neighbors_are_done_once(world):
    introduce(world)
    world.record("ThingHappened", 0, 25)
    world.record("ThingDeadly", 25, 26)
    world.record("ThingHappened", 26, 50)
    wait_until_queued(world, 50)
    world.worker()

    def parked():
        if not world.processes[-1].running:
            world.worker()
        return any(parked for _, _, parked in failures(world))

    wait_until(parked, seconds=240, what="parking")
    wait_until(lambda: len(world.effects()) == 49, what="its neighbors")
    assert failures(world) == [("thing.deadly.v1", 6, 1)], "once with its neighbors, and five times alone"
    (world.folder / "cure").touch()
    world.run("-m", "django", "replay", "--all")
    world.expect_effects(50)


def test_messages_of_one_subject_are_handled_in_their_order(world):
    world.record("ThingHappened", 0, 100, things=3)
    wait_until_queued(world, 100)
    world.worker()
    world.expect_effects(100)
    names = [int(name) for (name,) in world.rows("SELECT name FROM probe_effect ORDER BY id")]
    for subject in range(3):
        own = [name for name in names if name % 3 == subject]
        assert own == sorted(own)


def test_a_stopped_worker_handles_what_it_has_at_hand_and_none_of_it_counts_as_a_death(world):
    introduce(world)
    world.record("ThingHappened", 0, 150)
    wait_until_queued(world, 150)
    worker = world.worker(relay=False)
    wait_until(lambda: world.effects(), seconds=60, what="work")
    worker.child.send_signal(signal.SIGTERM)
    assert worker.child.wait(25) == 0
    assert len(world.effects()) + world.broker.messages_in("probe_messages") == 150, "nothing comes again"
    world.worker()
    world.expect_effects(150)
    assert "message_failed" not in (world.folder / "worker.log").read_text()
