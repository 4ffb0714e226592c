"""A command is one transaction: all of it happens or nothing, and it is run again after a conflict.

For a service's `tests/test_transactions.py`: `from testkit.transactions import *`.
"""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from chassis.core.messages import event
from chassis.jobs.models import Job
from chassis.outbox.models import OutboxMessage
from chassis.outbox.recorder import record
from chassis.transactions import ATTEMPTS, Conflict, transactional

pytestmark = pytest.mark.django_db(transaction=True)
one_writer_at_a_time = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="only on an engine with several writers at once: two of them meet"
)


@event("test.happened.v1", subject="thing")
class Happened:
    thing: str


@transactional
def write(name: str, *, then: Exception | None = None) -> None:
    Job.objects.create(name=name)
    record([Happened(thing=name)])
    if then:
        raise then


def written() -> tuple[int, int]:
    return Job.objects.count(), OutboxMessage.objects.count()


def test_row_and_message_are_written_both_or_not_at_all() -> None:
    with pytest.raises(RuntimeError):
        write("lost", then=RuntimeError())
    assert written() == (0, 0)
    write("kept")
    assert written() == (1, 1)


def test_a_nested_transaction_is_part_of_the_outer_one() -> None:
    @transactional
    def outer() -> None:
        write("inside")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        outer()
    assert written() == (0, 0)


def test_a_command_is_run_again_after_a_conflict_and_leaves_one_row_and_one_message() -> None:
    tries: list[int] = []

    @transactional
    def meets_another_twice() -> None:
        tries.append(1)
        write("one")
        if len(tries) < 3:
            raise Conflict

    meets_another_twice()
    assert (len(tries), *written()) == (3, 1, 1)


def test_a_permanent_conflict_is_raised_in_the_end() -> None:
    tries: list[int] = []

    @transactional
    def always() -> None:
        tries.append(1)
        raise Conflict

    with pytest.raises(Conflict):
        always()
    assert len(tries) == ATTEMPTS


@one_writer_at_a_time
def test_two_that_write_the_same_rows_in_opposite_order_are_both_done() -> None:
    """A deadlock on PostgreSQL and MariaDB, a write conflict on MongoDB."""
    for name in ("first", "second"):
        Job.objects.create(name=name)
    met = threading.Barrier(2, timeout=20)
    runs: list[str] = []
    errors: list[Exception] = []

    def run(one: str, other: str, name: str) -> None:
        tries = 0

        @transactional
        def change() -> None:
            nonlocal tries
            tries += 1
            runs.append(name)
            Job.objects.filter(name=one).update(last_error=name)
            record([Happened(thing=name)])
            if tries == 1:
                met.wait()  # each has written one row and needs the other's
            Job.objects.filter(name=other).update(last_error=name)

        try:
            change()
        except Exception as error:  # the test reports it, not the thread
            errors.append(error)
        finally:
            connection.close()

    words = (("first", "second", "a"), ("second", "first", "b"))
    threads = [threading.Thread(target=run, args=each) for each in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(runs) > 2, "one of them was run again"
    assert len(set(Job.objects.values_list("last_error", flat=True))) == 1, "who came last changed both"
    assert OutboxMessage.objects.count() == 2
