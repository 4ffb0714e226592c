"""Statements that are built once have the same effect as the ORM's, on each engine."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from probe.models import Copy, Effect, Task
from uuid_utils.compat import uuid7

from chassis import statements
from chassis.transactions import transactional

pytestmark = pytest.mark.django_db(transaction=True)


def copies(number):
    return [Copy(id=uuid7(), version=n, name=f"copy {n}") for n in range(number)]


def test_rows_are_inserted_as_they_are():
    due = timezone.now()
    statements.insert(
        [Task(name="a ü 100 %s", due_at=due, leased_until=due + timedelta(seconds=5)), Task(name="b", due_at=due)]
    )
    first, second = Task.objects.order_by("name")
    assert (first.name, first.due_at, second.lease) == ("a ü 100 %s", due, None)
    assert first.leased_until == due + timedelta(seconds=5)


def test_a_time_that_the_model_sets_is_set():
    statements.insert([Effect(id=uuid7(), name="x")])
    assert abs(Effect.objects.get().at - timezone.now()) < timedelta(minutes=1)


def test_many_rows_are_inserted_in_a_few_statements():
    with CaptureQueriesContext(
        connection,
    ) as queries:
        statements.insert(copies(1200))
    assert Copy.objects.count() == 1200
    assert connection.vendor == "mongodb" or len(queries) <= 3


def test_nothing_to_insert_is_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        statements.insert([])


def test_an_update_changes_only_the_rows_that_match_and_tells_their_number():
    one, other = copies(2)
    statements.insert([one, other])
    assert statements.update(Copy, {"id": one.id, "version": one.version}, {"name": "new", "version": 7}) == 1
    assert statements.update(Copy, {"id": one.id, "version": one.version + 1}, {"name": "never"}) == 0
    assert {(row.name, row.version) for row in Copy.objects.all()} == {("new", 7), (other.name, other.version)}


def test_an_update_can_empty_a_column():
    task = Task(name="leased", due_at=timezone.now(), lease=uuid7())
    statements.insert([task])
    assert statements.update(Task, {"id": task.id}, {"lease": None}) == 1
    assert Task.objects.get().lease is None


@pytest.mark.parametrize("number", [1, 2, 3, 5, 2100])
def test_rows_are_read_by_a_column_with_the_types_of_the_model(number):
    rows = copies(number)
    statements.insert(rows)
    statements.insert(copies(1))

    @transactional
    def read():
        return statements.rows_by(Copy, "id", [row.id for row in rows], lock=True)

    expected = [{"id": row.id, "version": row.version, "rating_version": 0, "name": row.name} for row in rows]
    assert sorted(read(), key=lambda row: row["id"]) == sorted(expected, key=lambda row: row["id"])


def test_a_time_is_read_with_its_zone():
    due = timezone.now().replace(microsecond=123000)
    statements.insert([Task(name="a", due_at=due)])
    (row,) = statements.rows_by(Task, "name", ["a"])
    assert row["due_at"] == due


def test_existing_keys_are_returned():
    rows = copies(3)
    statements.insert(rows[:2])
    assert statements.existing(Copy, "id", [row.id for row in rows]) == {row.id for row in rows[:2]}
    assert statements.existing(Copy, "id", []) == set()


def test_the_sql_is_built_once_for_lists_of_similar_length():
    statements.rows_by(Copy, "id", [uuid7() for _ in range(5)])
    before = statements._select_sql.cache_info().misses
    statements.rows_by(Copy, "id", [uuid7() for _ in range(8)])
    assert statements._select_sql.cache_info().misses == before


@pytest.mark.skipif(connection.vendor == "mongodb", reason="it cannot ignore conflicts")
def test_a_row_whose_key_is_taken_may_be_left_out():
    first, second = copies(2)
    statements.insert([first])

    @transactional
    def again():
        inserted = [statements.insert(rows, ignore_conflicts=True) for rows in ([first, second], [first])]
        return inserted, Copy.objects.count()

    assert again() == ([1, 0], 2), "and the transaction goes on"


def test_some_fields_are_read_of_the_rows_that_have_one_of_the_values_in_each_column():
    rows = copies(5)
    statements.insert(rows)
    ids, versions = [rows[0].id, rows[1].id, rows[2].id, rows[0].id], [1, 2, 4]
    found = statements.values_by(Copy, ("name", "id"), {"id": ids, "version": versions})
    assert sorted(found) == [("copy 1", rows[1].id), ("copy 2", rows[2].id)]
    assert statements.values_by(Copy, ("name",), {"id": ids, "version": []}) == []
