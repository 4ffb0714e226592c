"""A person is erased with a receipt and stays erased; a copy of the data is sent in parts."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from probe.models import Effect
from uuid_utils.compat import uuid7

from chassis import codec
from chassis.core.messages import Envelope
from chassis.idempotency.models import IdempotencyKey
from chassis.inbox.models import FailedMessage
from chassis.inbox.receiver import Outcome
from chassis.outbox.models import OutboxMessage
from chassis.privacy import erasures, exports
from chassis.privacy.models import Erasure
from chassis.privacy.redaction import redacted

pytestmark = pytest.mark.django_db
REPORT, CONTRIBUTION = "probe_erasure.report.v1", "probe_export.contribute.v1"
PERSON = {
    "name": "Mira Lindqvist",
    "email": "mira@example.com",
    "address": {"line1": "Hauptstr. 1", "city": "Wien", "country": "AT"},
    "lines": [{"name": "a chair", "quantity": 2}],
    "amount": 1999,
}


def an_effect(name):
    return Effect.objects.create(id=uuid7(), name=name)


def an_envelope(**data):
    return codec.encode_envelope(
        Envelope(
            id=uuid7(),
            source="test",
            type="thing.happened.v1",
            subject="x",
            time=timezone.now(),
            data=data,
            correlationid="j",
        )
    )


def a_sent_message(envelope, *, sent=True, subject="x"):
    now = timezone.now()
    version = OutboxMessage.objects.count() + 1
    return OutboxMessage.objects.create(
        type="thing.happened.v1",
        subject=subject,
        version=version,
        correlation_id="j",
        envelope=envelope,
        created_at=now,
        sent_at=now if sent else None,
    )


@pytest.fixture
def deleted(deliver):
    return lambda user_id, **given: deliver("user.deleted.v1", {"user_id": user_id}, **given)


def test_erasable_data_are_erased_with_the_message_and_the_receipt_follows(deleted, outbox):
    user_id = uuid4()
    mine, other = an_effect(str(user_id)), an_effect("other")
    deleted(user_id)
    assert list(Effect.objects.all()) == [other], mine
    erasures.erase_due(now=timezone.now())
    receipt = outbox.one(REPORT)
    assert (receipt["user_id"], receipt["service"], receipt["erased"]) == (str(user_id), "probe", "effects")
    assert receipt["erased_at"]
    assert receipt["waits_for"] == ""


def test_data_still_in_use_are_erased_afterwards(deleted, outbox):
    user_id, now = uuid4(), timezone.now()
    is_open = an_effect(f"open {user_id}")
    deleted(user_id)
    for minutes in (1, 5, 10):
        erasures.erase_due(now=now + timedelta(minutes=minutes))
    waiting = outbox.one(REPORT)
    assert (waiting["waits_for"], waiting["erased_at"]) == ("an open effect", None)
    is_open.delete()
    erasures.erase_due(now=now + timedelta(minutes=20))
    assert [bool(receipt["erased_at"]) for receipt in outbox.data(REPORT)] == [False, True]


def test_the_message_may_come_twice_and_asked_again_the_receipt_comes_again(deleted, outbox):
    user_id = uuid4()
    assert deleted(user_id, times=2) == [Outcome.DONE, Outcome.DUPLICATE]
    erasures.erase_due(now=timezone.now())
    first = outbox.one(REPORT)
    erasures.erase_due(now=timezone.now())
    assert len(outbox.data(REPORT)) == 1
    deleted(user_id)
    erasures.erase_due(now=timezone.now())
    assert outbox.data(REPORT) == [first, first]


def test_late_data_are_erased_too(deleted, outbox):
    user_id, now = uuid4(), timezone.now()
    deleted(user_id)
    erasures.erase_due(now=now + timedelta(seconds=1))
    an_effect(str(user_id))
    erasures.erase_due(now=now + timedelta(days=2))
    assert not Effect.objects.exists()
    an_effect(str(user_id))
    erasures.reschedule_erasure(user_id=user_id, now=now)
    erasures.erase_due(now=now + timedelta(days=2, minutes=1))
    assert not Effect.objects.exists()
    assert len(outbox.data(REPORT)) == 1


def test_looking_ends_when_no_message_can_be_kept_any_longer(deleted):
    user_id, now = uuid4(), timezone.now()
    deleted(user_id)
    for day in range(34):
        erasures.erase_due(now=now + timedelta(days=day, seconds=day))
    erasure = Erasure.objects.get()
    assert erasure.next_try_at is None
    assert erasure.finished_at


def test_stored_answers_go_and_those_of_others_stay(deleted):
    user_id, now = uuid4(), timezone.now()
    for number, caller in enumerate((user_id, uuid4())):
        IdempotencyKey.objects.create(
            caller=str(caller), key=str(number), claim=uuid4(), claimed_until=now, status=201, body="{}", created_at=now
        )
    deleted(user_id)
    assert IdempotencyKey.objects.get().caller != str(user_id)


def test_sent_messages_and_dead_letters_keep_ids_and_amounts_and_nothing_about_the_person(deleted):
    user_id, now = uuid4(), timezone.now()
    mine = a_sent_message(an_envelope(user_id=str(user_id), **PERSON))
    waiting = a_sent_message(an_envelope(user_id=str(user_id), **PERSON), sent=False)
    others = a_sent_message(an_envelope(user_id=str(uuid4()), **PERSON))
    dead = FailedMessage.objects.create(
        id=uuid7(),
        type="thing.happened.v1",
        subject="x",
        envelope=mine.envelope,
        error="Mira Lindqvist",
        failed_at=now,
        parked_at=now,
    )
    deleted(user_id)
    erasures.erase_due(now=timezone.now())
    for row in (mine, dead):
        row.refresh_from_db()
        data = codec.decode_envelope(row.envelope).data
        assert data["user_id"] == str(user_id)
        assert (data["amount"], data["lines"][0]["quantity"], data["address"]["country"]) == (1999, 2, "AT")
        for secret in ("Mira", "mira@", "Hauptstr", "Wien"):
            assert secret not in row.envelope
    assert "Mira" not in dead.error
    for row in (waiting, others):
        before = row.envelope
        row.refresh_from_db()
        assert row.envelope == before


def test_messages_are_needed_as_they_are_while_something_is_open(deleted):
    user_id = uuid4()
    an_effect(f"open {user_id}")
    sent = a_sent_message(an_envelope(user_id=str(user_id), **PERSON))
    deleted(user_id)
    erasures.erase_due(now=timezone.now())
    sent.refresh_from_db()
    assert "Hauptstr" in sent.envelope


def test_an_envelope_that_cannot_be_read_is_emptied():
    assert redacted('{"mira": ') == ""


def test_a_failing_erasure_keeps_no_other_waiting(deleted, monkeypatch, outbox):
    first, second = uuid4(), uuid4()
    deleted(first)
    deleted(second)
    erase = erasures._erase

    def failing(*, user_id, now):
        if user_id == first:
            raise ValueError("broken")
        return erase(user_id=user_id, now=now)

    monkeypatch.setattr(erasures, "_erase", failing)
    erasures.erase_due(now=timezone.now())
    assert outbox.one(REPORT)["user_id"] == str(second)


def test_a_copy_of_the_data_comes_in_parts_that_a_broker_takes(deliver, outbox, monkeypatch):
    monkeypatch.setattr(exports, "LONGEST", 100)
    export_id, user_id = uuid4(), uuid4()
    for _ in range(5):
        an_effect(str(user_id))
    an_effect(str(uuid4()))
    deliver("personal_data.export_requested.v1", {"export_id": export_id, "user_id": user_id})
    parts = outbox.data(CONTRIBUTION)
    assert len(parts) > 1
    assert [(part["part"], part["parts"]) for part in parts] == [(n, len(parts)) for n in range(1, len(parts) + 1)]
    rows = [row for part in parts for row in json.loads(part["document"]).get("effects", [])]
    assert [row["name"] for row in rows] == [str(user_id)] * 5
    assert "nothing" in json.loads(parts[-1]["document"])


def test_nothing_kept_is_one_empty_part(deliver, outbox):
    deliver("personal_data.export_requested.v1", {"export_id": uuid4(), "user_id": uuid4()})
    part = outbox.one(CONTRIBUTION)
    assert (part["part"], part["parts"]) == (1, 1)
    assert json.loads(part["document"]) == {"effects": [], "nothing": []}
