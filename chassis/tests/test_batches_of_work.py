"""New items of work are done together, and one by one when that fails."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from probe import work
from probe.models import Effect, Task
from uuid_utils.compat import uuid7

from chassis import hints
from chassis.hints import Channel
from chassis.jobs.models import FailedRow
from chassis.transactions import transactional
from chassis.work import batches, leasing, running
from chassis.work.backoff import Backoff
from chassis.work.batches import BatchWorker
from chassis.work.running import TryLater, due_now, run_after_commit
from testkit.processes import RedisServer, wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def done():
    """The names of the items that were done, a list for each transaction."""
    return []


@pytest.fixture
def table(monkeypatch, done):
    """A table of tasks: those named `alone` do not go together, `broken` fails always, `away` for some time."""
    monkeypatch.setitem(running._tables, Task, work.do_task)

    @transactional
    def together(tasks, now):
        names = [task.name for task in tasks if task.name != "alone"]
        assert leasing.finish_all([task for task in tasks if task.name != "alone"], now=now) == len(names)
        Effect.objects.bulk_create(Effect(id=uuid7(), name=name) for name in names)
        if "broken" in names or "away" in names:
            raise ValueError("broken")
        done.append(names)
        return [task for task in tasks if task.name == "alone"]

    @transactional
    def alone(task, now):
        if task.name == "broken":
            raise ValueError("broken")
        if task.name == "away":
            raise TryLater("away")
        leasing.finish(task, now=now)
        Effect.objects.create(id=uuid7(), name=task.name)
        done.append([task.name])

    return BatchWorker(
        model=Task, do=alone, together=together, job="do_tasks_together", every=5, pool=work.POOL, used=False, limit=4,
        backoff=Backoff(timedelta(seconds=2), jitter=0.0),
    )  # fmt: skip


def tasks(*names, **values):
    start = timezone.now() - timedelta(minutes=1)
    due = [start + timedelta(milliseconds=number) for number in range(len(names))]
    return [Task.objects.create(name=name, **{"due_at": at, **values}) for name, at in zip(names, due, strict=True)]


def effects():
    return sorted(Effect.objects.values_list("name", flat=True))


def test_new_items_are_done_in_one_transaction(table, done):
    tasks("a", "b", "c")
    table.run_due(now=timezone.now())
    assert done == [["a", "b", "c"]]
    finished = Task.objects.exclude(finished_at=None)
    assert list(finished.values_list("attempts", "due_at", "lease")) == [(1, None, None)] * 3
    table.run_due(now=timezone.now())
    assert effects() == ["a", "b", "c"]


def test_a_batch_costs_the_same_number_of_statements_for_many_items(table, django_assert_max_num_queries):
    table = replace(table, limit=100)
    tasks(*(f"{number}" for number in range(60)))
    with django_assert_max_num_queries(12):
        table.run_due(now=timezone.now())
    assert len(effects()) == 60


def test_a_batch_that_fails_is_undone_and_its_items_are_done_one_by_one(table, done):
    now = timezone.now()
    _, broken, away, _ = tasks("a", "broken", "away", "b")
    table.run_due(now=now)
    assert done == [["a"], ["b"]]
    assert effects() == ["a", "b"]
    assert FailedRow.objects.get().key == str(broken.pk)
    for task in (broken, away):
        task.refresh_from_db()
        assert (task.attempts, task.due_at, task.lease) == (1, now + timedelta(seconds=2), None)
    assert "broken" in broken.error


def test_an_item_that_goes_with_no_other_is_done_by_itself(table, done):
    tasks("a", "alone", "b")
    table.run_due(now=timezone.now())
    assert done == [["a", "b"], ["alone"]]


def test_items_whose_process_died_are_done_one_by_one(table, done):
    now = timezone.now()
    tasks("a", "b")
    leasing.lease_batch(table.unfinished(), now=now, lasting=table.lease, limit=9)
    tasks("new 1", "new 2")
    table.run_due(now=now)
    assert done == [["new 1", "new 2"]], "the lease of the others has not ended"
    table.run_due(now=now + table.lease)
    assert done == [["new 1", "new 2"], ["a"], ["b"]]
    assert set(Task.objects.filter(name__in=["a", "b"]).values_list("attempts", flat=True)) == {2}


def test_a_batch_that_lost_its_lease_has_no_effect(table, done, monkeypatch):
    tasks("a", "b")
    together = table.together

    def slow(items, now):
        Task.objects.filter(name="b").update(lease=uuid7(), leased_until=now + timedelta(minutes=1))
        return together(items, now)

    replace(table, together=slow).run_due(now=timezone.now())
    assert (done, effects()) == ([["a"]], ["a"])
    assert Task.objects.get(name="b").finished_at is None


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_all_batches_after_the_commit(in_worker, table, done, monkeypatch):
    monkeypatch.setitem(work.threads, "count", 1)

    @transactional
    def order():
        run_after_commit(Task, *(task.pk for task in tasks(*"abcdefgh", "i")))

    order()
    wait_until(lambda: len(effects()) == 9, what="all effects")
    work.POOL.drain(10)
    assert done == [list("abcd"), list("efgh"), ["i"]]


def test_another_process_tells_the_workers(table, monkeypatch):
    told = []
    monkeypatch.setattr(batches._channel, "send", told.append)
    assert table.run_soon(1)
    assert told == ["do_tasks_together"]
    assert not effects()


def test_a_worker_that_is_told_does_what_is_due(table, done):
    tasks("a")
    due_now("a job of another table")
    assert done == []
    due_now("do_tasks_together")
    assert done == [["a"]]


@pytest.fixture
def redis(tmp_path, settings):
    server = RedisServer(tmp_path / "redis")
    settings.REDIS_URL = server.url(0)
    hints._redis.cache_clear()
    yield server
    hints._redis.cache_clear()
    server.kill()


@pytest.mark.django_db(databases=[])
def test_hints_that_come_together_are_heard_once_each_and_a_lost_redis_costs_no_more(redis):
    heard, stop = [], threading.Event()
    sender, listener = Channel("test"), Channel("test", gather=0.2)
    thread = threading.Thread(target=listener.listen, args=[stop, heard.append])
    thread.start()
    try:
        wait_until(lambda: hints._redis(0.3).pubsub_numsub("souk:test:probe")[0][1] == 1, what="a listener")
        for text in ("a", "b", "a", "b"):
            sender.send(text)
        wait_until(lambda: len(heard) >= 2, what="both hints")
        redis.kill()
        sender.send("lost")
        stop.set()
        thread.join(10)
        assert sorted(heard) == ["a", "b"]
    finally:
        stop.set()


def test_a_sender_repeats_no_hint_that_its_listener_still_waits_for(monkeypatch):
    published, clock = [], [100.0]

    class Redis:
        def publish(self, name, text):
            published.append((name, text))

    monkeypatch.setattr("chassis.hints._redis", lambda timeout: Redis())
    monkeypatch.setattr("chassis.hints.time.monotonic", lambda: clock[0])
    channel = Channel("test", gather=0.05)
    for after in (0.0, 0.02, 0.01, 0.03):
        clock[0] += after
        channel.send("a")
    channel.send("b")
    assert published == [("souk:test:probe", text) for text in ("a", "a", "a", "b")]
