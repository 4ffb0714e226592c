"""The newest version of a snapshot of another service's row wins, whatever the order of the messages."""

import random
import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection
from probe.models import Copy

from chassis.snapshots import store_if_newer, update_if_newer
from chassis.transactions import transactional

pytestmark = pytest.mark.django_db(transaction=True)


def store(key: UUID, version: int, *, rows=None) -> bool:
    return store_if_newer(Copy.objects.all() if rows is None else rows, {"id": key}, version, {"name": f"v{version}"})


def held(key: UUID) -> tuple[int, str]:
    return Copy.objects.values_list("version", "name").get(id=key)


def test_the_first_snapshot_makes_the_row_and_a_newer_one_replaces_it():
    key = uuid4()
    assert [store(key, 3), store(key, 7)] == [True, True]
    assert held(key) == (7, "v7")


@pytest.mark.parametrize("late", [7, 3])
def test_the_same_or_an_older_snapshot_changes_nothing(late):
    key = uuid4()
    store(key, 7)
    assert not store(key, late)
    assert held(key) == (7, "v7")


def test_a_row_that_may_not_be_changed_stays_as_it_is():
    key = uuid4()
    store(key, 1)
    assert not store(key, 2, rows=Copy.objects.exclude(name="v1"))
    assert held(key) == (1, "v1")


def test_an_update_makes_no_row():
    assert not update_if_newer(Copy.objects.filter(id=uuid4()), 1, {"name": "v1"})
    assert not Copy.objects.exists()


def test_another_column_may_hold_the_version():
    key = uuid4()
    store(key, 1)
    rows = Copy.objects.filter(id=key)
    assert update_if_newer(rows, 5, {"name": "rated"}, version_field="rating_version")
    assert not update_if_newer(rows, 5, {"name": "rated again"}, version_field="rating_version")
    assert held(key) == (1, "rated")


def test_with_several_writers_at_once_the_newest_stays():
    key, versions = uuid4(), random.sample(range(1, 25), k=24)
    failed = []

    @transactional
    def write(version: int) -> None:
        store(key, version)

    def work(share: list[int]) -> None:
        try:
            for version in share:
                write(version)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[versions[part::4]]) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert held(key) == (24, "v24")
