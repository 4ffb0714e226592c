"""The outbox: exactly the recorded messages are sent, in order."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from probe.events import BreakThing, ThingHappened
from probe.models import Effect
from uuid_utils.compat import uuid7

from chassis.core.context import Trace, tracing
from chassis.inbox import batches
from chassis.inbox.models import ReceivedMessage
from chassis.outbox import relay
from chassis.outbox.models import OutboxMessage
from chassis.outbox.recorder import record
from chassis.outbox.relay import Relay, rewind
from chassis.outbox.sinks import MessageRejected, SinkUnavailable
from chassis.transactions import transactional


class Broker:
    """A sink that remembers its messages and can be unavailable."""

    def __init__(self):
        self.got, self.away, self.refuses, self.asked = [], False, set(), 0
        self.empty, self.missed_since = False, None
        self.away_after = None
        self.lock = threading.Lock()

    def send_all(self, messages):
        held = set()
        for message in messages:
            self.asked += 1
            if self.away or len(self.got) == self.away_after:
                raise SinkUnavailable("away")
            if message.subject in held:
                continue
            if message.type in self.refuses:
                held.add(message.subject)
                yield message, MessageRejected("nobody listens")
                continue
            with self.lock:
                self.got.append((message.subject, message.version))
            yield message, None

    def check(self):
        return not self.empty

    def introduce(self, *, missed_since):
        self.empty, self.missed_since = False, missed_since


@pytest.fixture
def broker():
    return Broker()


def happened(thing="lamp", name="lit"):
    return ThingHappened(thing=thing, name=name)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_command_sends_nothing(outbox):
    @transactional
    def fails():
        Effect.objects.create(id=uuid7(), name="x")
        record([happened()])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert outbox.types() == []
    assert not Effect.objects.exists()


@pytest.mark.django_db
def test_the_envelope_carries_the_journey(outbox):
    with tracing(Trace("journey-1", "cause-1", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")):
        record([happened()])
    (envelope,) = outbox.envelopes()
    assert (envelope.correlationid, envelope.causationid) == ("journey-1", "cause-1")
    assert (envelope.source, envelope.subject, envelope.data) == ("probe", "lamp", {"thing": "lamp", "name": "lit"})
    assert envelope.specversion == "1.0"


@pytest.mark.django_db
def test_versions_grow_within_a_subject(outbox):
    record([happened(), happened()])
    record([happened()])
    versions = [envelope.aggregateversion for envelope in outbox.envelopes()]
    assert versions == sorted(set(versions))


@pytest.mark.django_db
def test_sent_once_and_in_order(broker):
    record([happened("a"), happened("b"), happened("a")])
    assert Relay([broker]).once() == 3
    assert Relay([broker]).once() == 0
    assert [subject for subject, _ in broker.got] == ["a", "b", "a"]


@pytest.mark.django_db
def test_a_broker_that_is_away_loses_nothing(broker):
    record([happened("a"), happened("b")])
    broker.away = True
    with pytest.raises(SinkUnavailable):
        Relay([broker]).once()
    assert OutboxMessage.objects.filter(sent_at=None).count() == 2
    broker.away = False
    assert Relay([broker]).once() == 2


@pytest.mark.django_db
def test_a_broker_that_goes_away_in_the_middle_of_a_batch_gets_only_the_rest_again(broker):
    record([happened("a"), happened("b"), happened("c")])
    broker.away_after = 2
    with pytest.raises(SinkUnavailable):
        Relay([broker]).once()
    assert OutboxMessage.objects.filter(sent_at=None, lease=None).count() == 1
    broker.away_after = None
    assert Relay([broker]).once() == 1
    assert [subject for subject, _ in broker.got] == ["a", "b", "c"]


@pytest.mark.django_db
def test_with_two_sinks_a_message_is_sent_when_both_have_it():
    first, second = Broker(), Broker()
    first.refuses = {"thing.break.v1"}
    record([BreakThing(thing="a", name="x"), happened("a"), happened("b")])
    assert Relay([first, second]).once() == 1
    assert [subject for subject, _ in second.got] == ["b"]
    second.away = True
    record([happened("c")])
    with pytest.raises(SinkUnavailable):
        Relay([first, second]).once()
    second.away = False
    assert Relay([first, second]).once() == 1


@pytest.mark.django_db
def test_a_relay_that_died_with_its_lease_is_followed_by_another(broker):
    record([happened()])
    OutboxMessage.objects.update(lease=uuid7(), held_until=timezone.now() + timedelta(seconds=30))
    assert Relay([broker]).once() == 0
    OutboxMessage.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert Relay([broker]).once() == 1


@pytest.mark.django_db
def test_a_later_message_waits_for_an_earlier_one_that_another_relay_holds(broker):
    record([happened("a"), happened("a"), happened("b")])
    first = OutboxMessage.objects.order_by("version").first()
    OutboxMessage.objects.filter(id=first.id).update(lease=uuid7(), held_until=timezone.now() + timedelta(seconds=30))
    assert Relay([broker]).once() == 1
    assert [subject for subject, _ in broker.got] == ["b"]
    OutboxMessage.objects.filter(id=first.id).update(sent_at=timezone.now())
    assert Relay([broker]).once() == 1


@pytest.mark.django_db
def test_a_command_that_nobody_takes_holds_its_subject_and_no_neighbor(broker):
    broker.refuses = {"thing.break.v1"}
    record([BreakThing(thing="a", name="x"), happened("a"), happened("b")])
    Relay([broker]).once()
    assert [subject for subject, _ in broker.got] == ["b"]
    held = OutboxMessage.objects.get(type="thing.break.v1")
    assert held.attempts == 1
    assert "nobody listens" in held.error
    broker.refuses = set()
    OutboxMessage.objects.update(held_until=timezone.now())
    Relay([broker]).once()
    assert [subject for subject, _ in broker.got] == ["b", "a", "a"]


@pytest.mark.django_db
def test_after_the_broker_came_back_empty_all_recent_messages_go_again(broker):
    record([happened("a"), happened("b")])
    Relay([broker]).once()
    assert rewind(timedelta(hours=1)) == 2
    assert Relay([broker]).once() == 2


def received(at):
    return ReceivedMessage.objects.create(
        id=uuid7(), type="thing.happened.v1", subject="a", correlation_id="c", received_at=at
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("days", [0, 3])
def test_a_relay_that_finds_an_empty_broker_requests_the_lost_messages(broker, monkeypatch, days):
    """It requests everything since its last handled message, however long it was away."""
    monkeypatch.setattr(relay, "SETTLE", 0.0)
    last = timezone.now() - timedelta(days=days)
    received(last - timedelta(days=1))
    received(last)
    record([happened("a")])
    Relay([broker]).once()
    broker.empty = True
    Relay([broker])._check_sinks(threading.Event())
    assert abs(broker.missed_since - (last - timedelta(hours=6))) < timedelta(seconds=1)
    assert Relay([broker]).once() == 1, "and sends its own again"


@pytest.mark.django_db(transaction=True)
def test_a_publisher_sends_the_requested_types_again(broker):
    record([happened("a"), BreakThing(thing="b", name="x")])
    Relay([broker]).once()
    OutboxMessage.objects.filter(subject="a").update(sent_at=timezone.now() - timedelta(hours=2))
    asked = {"types": ["thing.happened.v1"], "since": (timezone.now() - timedelta(hours=1)).isoformat()}
    batches.send_again(**asked)
    assert Relay([broker]).once() == 0, "it was sent before"
    batches.send_again(**asked | {"since": (timezone.now() - timedelta(hours=3)).isoformat()})
    assert Relay([broker]).once() == 1
    assert broker.got[-1][0] == "a"


def send_again(*words):
    told = StringIO()
    call_command("send_again", *words, stdout=told)
    return told.getvalue()


@pytest.mark.django_db(transaction=True)
def test_staff_send_again_what_a_restored_neighbor_has_forgotten(broker):
    before = timezone.now()
    record([happened("a"), happened("b"), BreakThing(thing="c", name="broken")])
    Relay([broker]).once()
    assert "0 messages" in send_again("--since", (timezone.now() + timedelta(minutes=1)).isoformat())
    assert "2 messages" in send_again("--since", before.isoformat(), "--type", "thing.happened.v1")
    assert Relay([broker]).once() == 2
    assert "1 message" in send_again(str(OutboxMessage.objects.get(type="thing.break.v1").id))
    assert Relay([broker]).once() == 1


@pytest.mark.parametrize("words", [[], ["--since", "yesterday"], ["--since", "2026-13-01"], ["no-id"]])
def test_a_message_that_cannot_be_sent_again_is_reported(words):
    with pytest.raises(CommandError):
        call_command("send_again", *words)


@pytest.mark.django_db(transaction=True)
def test_two_relays_keep_the_order_of_each_subject(broker):
    for _ in range(10):
        record([happened(f"thing {number}") for number in range(12)])
    assert OutboxMessage.objects.count() == 120

    def work():
        try:
            relay = Relay([broker])
            while OutboxMessage.objects.filter(sent_at=None).exists():
                relay.once()
        finally:
            connection.close()

    relays = [threading.Thread(target=work) for _ in range(3)]
    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join()
    assert len(broker.got) == 120
    by_subject = {}
    for subject, version in broker.got:
        by_subject.setdefault(subject, []).append(version)
    assert all(versions == sorted(versions) for versions in by_subject.values())


@pytest.mark.django_db(transaction=True)
def test_the_relay_survives_a_broker_outage(broker):
    stop = threading.Event()
    broker.away = True
    record([happened()])
    done = threading.Event()

    def run():
        Relay([broker]).forever(stop)
        connection.close()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    wait_until(lambda: broker.asked)
    broker.away = False
    wait_until(lambda: broker.got)
    stop.set()
    assert done.wait(10)


def wait_until(condition, seconds=15):
    waited = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        waited.wait(0.02)
    raise AssertionError("it did not happen")
