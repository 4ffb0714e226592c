"""The inbox: a message has its effect once; a failed one is stored, retried, parked and replayed."""

from datetime import timedelta

import pytest
from django.utils import timezone
from probe import events_in
from probe.models import Effect
from uuid_utils.compat import uuid7

from chassis import codec
from chassis.core.messages import Envelope
from chassis.inbox import receiver
from chassis.inbox.models import FailedMessage, ReceivedMessage
from chassis.inbox.receiver import RETRY_AFTER, Outcome

pytestmark = pytest.mark.django_db(transaction=True)
LAMP = {"thing": "lamp", "name": "lit"}


def text_of(type_, data):
    """Return the envelope as the text that the broker delivers."""
    envelope = Envelope(
        id=uuid7(),
        source="test",
        type=type_,
        subject="lamp",
        time=timezone.now(),
        data=codec.data_of(data),
        correlationid="test-journey",
        aggregateversion=1,
    )
    return codec.encode_envelope(envelope)


def test_a_message_that_comes_twice_counts_once(deliver):
    assert deliver("thing.happened.v1", LAMP, times=3) == [Outcome.DONE, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert Effect.objects.count() == 1


def test_unknown_fields_are_ignored(deliver):
    assert deliver("thing.happened.v1", {**LAMP, "color": "green"}) == [Outcome.DONE]


def test_a_handlers_messages_carry_the_correlation_id_and_their_cause(deliver, outbox):
    message_id = uuid7()
    deliver("thing.echoed.v1", LAMP, id=message_id, correlation_id="journey-9")
    (envelope,) = outbox.envelopes("thing.happened.v1")
    assert (envelope.correlationid, envelope.causationid) == ("journey-9", str(message_id))


def test_a_failing_handler_leaves_no_effect_and_is_kept_with_its_error(deliver):
    assert deliver("thing.poisoned.v1", LAMP) == [Outcome.FAILED]
    assert not Effect.objects.exists()
    assert not ReceivedMessage.objects.exists()
    failed = FailedMessage.objects.get()
    assert "the world is broken" in failed.error
    assert failed.next_try_at > failed.failed_at


def pass_time():
    FailedMessage.objects.exclude(next_try_at=None).update(next_try_at=timezone.now() - timedelta(seconds=1))


def test_it_is_parked_after_the_last_try_and_replayed_after_the_repair(deliver, monkeypatch, tmp_path):
    deliver("thing.poisoned.v1", LAMP)
    for _ in RETRY_AFTER:
        pass_time()
        assert receiver.retry_due(now=timezone.now()) == 1
    dead = FailedMessage.objects.get()
    assert dead.parked_at is not None
    assert dead.next_try_at is None
    assert receiver.retry_due(now=timezone.now()) == 0

    cure = tmp_path / "cure"
    cure.write_text("")
    monkeypatch.setenv("PROBE_CURE", str(cure))
    assert receiver.replay([dead.id]) == {dead.id: Outcome.DONE}
    assert Effect.objects.count() == 1
    assert not FailedMessage.objects.exists()


def test_a_poison_message_is_parked_within_a_minute():
    sweep_seconds = 2
    assert sum(RETRY_AFTER) + sweep_seconds * len(RETRY_AFTER) < 60


def test_a_poison_message_harms_no_neighbor(deliver):
    deliver("thing.poisoned.v1", LAMP)
    assert deliver("thing.happened.v1", LAMP) == [Outcome.DONE]


def test_a_message_of_an_unknown_type_is_kept_not_lost(deliver):
    assert deliver("thing.invented.v1", LAMP) == [Outcome.FAILED]
    assert "no handler" in FailedMessage.objects.get().error


def test_a_message_without_a_field_is_kept_with_the_fields_name(deliver):
    deliver("thing.happened.v1", {"thing": "lamp"})
    assert "name" in FailedMessage.objects.get().error


def test_an_unreadable_envelope_is_parked_at_once():
    assert receiver.receive("not json") == Outcome.PARKED
    assert FailedMessage.objects.get().envelope == "not json"


def test_staff_see_a_failed_message_without_the_links_that_open_accounts(deliver, staff):
    deliver("thing.invented.v1", LAMP | {"token": "s3cr3t-of-a-customer"})
    page = staff().get(f"/admin/probe/inbox/failedmessage/{FailedMessage.objects.get().id}/change/").content.decode()
    assert "thing.invented.v1" in page
    assert "lamp" in page
    assert "s3cr3t-of-a-customer" not in page


def test_staff_replay_from_the_admin(deliver, staff, monkeypatch, tmp_path):
    deliver("thing.poisoned.v1", LAMP)
    cure = tmp_path / "cure"
    cure.write_text("")
    monkeypatch.setenv("PROBE_CURE", str(cure))
    dead = FailedMessage.objects.get()
    answer = staff().post(
        "/admin/probe/inbox/failedmessage/", {"action": "replay", "_selected_action": [str(dead.id)]}, follow=True
    )
    assert b"1 of 1 handled" in answer.content
    assert Effect.objects.count() == 1


def test_staff_forget_a_dead_letter_but_not_what_is_still_being_tried(deliver, staff):
    receiver.receive("not json")
    deliver("thing.invented.v1", LAMP)
    rows = [str(row.id) for row in FailedMessage.objects.all()]
    page = "/admin/probe/inbox/failedmessage/"
    answer = staff().post(page, {"action": "forget", "_selected_action": rows}, follow=True)
    assert b"1 dead letters forgotten" in answer.content
    assert FailedMessage.objects.get().type == "thing.invented.v1"


def test_a_message_redelivered_after_a_crash_is_tried_alone_and_counted():
    text = text_of("thing.happened.v1", LAMP)
    assert receiver.set_aside(text) == Outcome.FAILED
    assert not Effect.objects.exists()
    assert "The worker died while handling" in FailedMessage.objects.get().error
    assert receiver.receive(text) == Outcome.FAILED, "another delivery waits for its turn, too"
    assert not Effect.objects.exists()
    assert receiver.retry_due(now=timezone.now() + timedelta(minutes=1)) == 1
    assert Effect.objects.count() == 1
    assert receiver.set_aside(text) == Outcome.DUPLICATE


def test_a_try_that_ends_its_process_is_counted(monkeypatch):
    receiver.set_aside(text_of("thing.happened.v1", LAMP))
    monkeypatch.setattr(receiver, "receive", lambda text, attempt: None)  # it was not returned to the broker
    for _ in RETRY_AFTER:
        receiver.retry_due(now=timezone.now() + timedelta(minutes=1))
    failed = FailedMessage.objects.get()
    assert failed.parked_at
    assert failed.attempts == len(RETRY_AFTER) + 1


def lit(*names):
    return [text_of("thing.happened.v1", {"thing": "lamp", "name": name}) for name in names]


def effects():
    return sorted(Effect.objects.values_list("name", flat=True))


def test_messages_that_wait_together_are_handled_in_one_transaction(django_assert_max_num_queries):
    receiver.receive_all(lit("warm", "up"))
    texts = lit(*"abcdefgh")
    with django_assert_max_num_queries(6 + len(texts)):  # one effect each; PostgreSQL sets its limits
        receiver.receive_all(texts)
    assert effects() == sorted(["warm", "up", *"abcdefgh"])
    assert ReceivedMessage.objects.count() == 10


def test_each_of_them_keeps_its_own_journey(outbox):
    texts = [text_of("thing.echoed.v1", LAMP), text_of("thing.echoed.v1", LAMP)]
    receiver.receive_all(texts)
    causes = {envelope.causationid for envelope in outbox.envelopes("thing.happened.v1")}
    assert causes == {str(codec.decode_envelope(text).id) for text in texts}


def test_a_message_that_is_twice_among_them_counts_once():
    (text,) = lit("a")
    receiver.receive_all([text, *lit("b"), text])
    assert effects() == ["a", "b"]
    receiver.receive_all([text, *lit("c")])
    assert effects() == ["a", "b", "c"]


@pytest.mark.parametrize("bad", ["thing.poisoned.v1", "thing.invented.v1"])
def test_a_failing_message_in_a_batch_is_stored_and_the_others_count_once(bad, outbox):
    receiver.receive_all([*lit("a"), text_of(bad, LAMP), text_of("thing.echoed.v1", LAMP), *lit("b")])
    assert effects() == ["a", "b", "lit"]
    assert outbox.types() == ["thing.happened.v1"]
    assert FailedMessage.objects.get().type == bad


def test_an_unreadable_envelope_in_a_batch_is_parked():
    receiver.receive_all([*lit("a"), "not json", *lit("b")])
    assert effects() == ["a", "b"]
    assert FailedMessage.objects.get().parked_at


def test_a_message_with_a_scheduled_retry_waits_for_it():
    (text,) = lit("later")
    receiver.set_aside(text)
    receiver.receive_all([text, *lit("now")])
    assert effects() == ["now"]
    assert receiver.retry_due(now=timezone.now() + timedelta(minutes=1)) == 1
    assert effects() == ["later", "now"]


def test_rows_for_several_messages_are_loaded_at_once(loaded):
    receiver.receive_all([text_of("thing.looked_up.v1", {"thing": thing, "name": thing}) for thing in "abc"])
    assert loaded == [["a", "b", "c"]]
    assert effects() == ["found a", "found b", "found c"]


@pytest.fixture
def loaded():
    events_in.LOADED.clear()
    return events_in.LOADED
