"""A prepared query answers as the ORM does, and the ORM builds its SQL once."""

from datetime import timedelta

import pytest
from django.db import connection, models
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from probe.models import Task
from uuid_utils.compat import uuid7

from chassis.prepared import Prepared

pytestmark = pytest.mark.django_db

NAMED = Prepared(
    lambda ids, until: (
        Task.objects.filter(id__in=ids, due_at__lte=until, lease=None)
        .order_by("-name")
        .values_list("id", "name", "due_at", "attempts", "lease")[:20]
    ),
    ids=models.UUIDField(),
    until=models.DateTimeField(),
)
RENAME = Prepared(
    lambda ids, **_: Task.objects.filter(id__in=ids, finished_at=None),
    lambda name, lease, until, **_: {"name": name, "lease": lease, "due_at": until, "error": ""},
    ids=models.UUIDField(),
    name=models.CharField(),
    lease=models.UUIDField(),
    until=models.DateTimeField(),
)


@pytest.fixture
def tasks():
    now = timezone.now()
    return [
        Task.objects.create(name=f"{number:02}", due_at=now + timedelta(microseconds=number)) for number in range(10)
    ]


@pytest.mark.parametrize("count", range(1, 11))
def test_rows_are_those_of_the_orm(tasks, count):
    ids, until = [task.id for task in tasks[:count]], tasks[6].due_at
    by_orm = Task.objects.filter(id__in=ids, due_at__lte=until).order_by("-name")
    assert NAMED.rows(ids=ids, until=until) == list(by_orm.values_list("id", "name", "due_at", "attempts", "lease"))


@pytest.mark.parametrize("count", [1, 3, 10])
def test_an_update_changes_the_rows_and_says_how_many(tasks, count):
    lease, until = uuid7(), timezone.now() + timedelta(hours=1)
    ids = [task.id for task in tasks[:count]]
    assert RENAME.update(ids=ids, name="new % 'name'", lease=lease, until=until) == count
    changed = Task.objects.filter(name="new % 'name'", lease=lease, due_at=until)
    assert {task.id for task in changed} == set(ids)
    assert RENAME.update(ids=[uuid7()], name="", lease=lease, until=until) == 0


@pytest.mark.skipif(connection.vendor == "mongodb", reason="MongoDB takes the ORM's way")
def test_the_sql_is_built_once_for_lists_of_similar_length(tasks, monkeypatch):
    ids, now = [task.id for task in tasks], timezone.now()
    NAMED.rows(ids=ids[:5], until=now)
    monkeypatch.setattr(SQLCompiler, "as_sql", lambda *_, **__: 1 / 0)
    for count in (5, 6, 7, 8):
        found = NAMED.rows(ids=ids[:count], until=now + timedelta(days=1))
        assert [name for _, name, *_ in found] == [f"{number:02}" for number in reversed(range(count))]
