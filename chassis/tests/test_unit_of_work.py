"""Everything that a transaction collects is written in bulk before the commit, or not at all."""

import pytest
from probe.events import ThingHappened
from probe.models import Copy, Effect
from uuid_utils.compat import uuid7

from chassis.outbox.models import OutboxMessage
from chassis.outbox.recorder import record
from chassis.transactions import Conflict, transactional, unit_of_work

pytestmark = pytest.mark.django_db(transaction=True)


def effects(*names):
    return [Effect(id=uuid7(), name=name) for name in names]


def names():
    return sorted(Effect.objects.values_list("name", flat=True))


def test_rows_of_one_table_are_written_together_before_the_commit():
    @transactional
    def command():
        unit_of_work().insert(effects("a"))
        unit_of_work().insert([Copy(id=uuid7(), version=1, name="copy")])
        unit_of_work().insert(effects("b"))
        assert names() == []

    command()
    assert (names(), Copy.objects.count()) == (["a", "b"], 1)


def test_what_was_loaded_is_not_missing_and_is_known_by_its_kind():
    @transactional
    def command():
        unit_of_work().loaded["order", 1] = None
        assert unit_of_work().missing("order", [1, 2]) == [2]
        assert unit_of_work().missing("parcel", [1, 2]) == [1, 2]

    command()


def test_nothing_is_written_when_the_command_fails():
    @transactional
    def command():
        unit_of_work().insert(effects("a"))
        record([ThingHappened(thing="lamp", name="lit")])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        command()
    assert (names(), OutboxMessage.objects.count()) == ([], 0)


def test_an_error_of_a_writer_rolls_back_the_whole_command():
    def refuse(items):
        raise ValueError(items)

    @transactional
    def command():
        Effect.objects.create(id=uuid7(), name="first")
        unit_of_work().collect(refuse, [1])

    with pytest.raises(ValueError, match="1"):
        command()
    assert names() == []


def test_a_command_that_runs_again_after_a_conflict_starts_with_nothing_collected_and_nothing_loaded():
    runs = []

    @transactional
    def command():
        runs.append(dict(unit_of_work().loaded))
        unit_of_work().loaded["key"] = "stale"
        unit_of_work().insert(effects(f"run {len(runs)}"))
        if len(runs) < 2:
            raise Conflict

    command()
    assert runs == [{}, {}]
    assert names() == ["run 2"]


def test_a_command_inside_another_shares_its_unit_of_work():
    @transactional
    def inner():
        unit_of_work().insert(effects("inner"))

    @transactional
    def outer():
        inner()
        assert names() == []

    outer()
    assert names() == ["inner"]


def test_a_writer_may_collect_more():
    def write_and_tell(items):
        record([ThingHappened(thing=item, name="written") for item in items])

    @transactional
    def command():
        unit_of_work().collect(write_and_tell, ["a"])
        unit_of_work().collect(write_and_tell, ["b"])

    command()
    assert sorted(OutboxMessage.objects.values_list("subject", flat=True)) == ["a", "b"]


def test_there_is_none_without_a_transaction():
    with pytest.raises(RuntimeError, match="no open transaction"):
        unit_of_work()


def test_messages_of_one_transaction_are_one_insert_and_keep_their_order(django_assert_max_num_queries):
    @transactional
    def command():
        for n in range(5):
            record([ThingHappened(thing=thing, name=str(n)) for thing in ("lamp", "door")])

    with django_assert_max_num_queries(5):  # begin, newest versions, insert, commit
        command()
    versions = list(OutboxMessage.objects.filter(subject="lamp").order_by("version").values_list("id", flat=True))
    assert versions == sorted(versions), "ids grow with time"


def test_a_flush_writes_what_was_collected_and_forgets_what_was_loaded():
    @transactional
    def command():
        unit_of_work().insert(effects("a"))
        unit_of_work().loaded["key"] = "row"
        unit_of_work().flush()
        assert (names(), unit_of_work().loaded) == (["a"], {})

    command()
