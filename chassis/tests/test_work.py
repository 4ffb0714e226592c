"""Durable work is done once, and only the holder of the lease settles it."""

import threading
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from probe import work
from probe.models import Effect, Task
from probe.work import do_task
from worlds import World

from chassis.jobs import clock, figures
from chassis.jobs.models import FailedRow
from chassis.transactions import transactional
from chassis.work import leasing, running
from chassis.work.backoff import Backoff
from chassis.work.pool import Pool
from chassis.work.running import run_after_commit
from testkit.jobs import all_jobs
from testkit.processes import python, wait_until

pytestmark = pytest.mark.django_db

SOON = timedelta(seconds=1)


def a_task(name="ok", **values):
    return Task.objects.create(name=name, **{"due_at": timezone.now(), **values})


def effects():
    return sorted(Effect.objects.values_list("name", flat=True))


def run(task, *, later=timedelta()):
    do_task.run(task.pk, now=timezone.now() + later)
    task.refresh_from_db()


@pytest.fixture
def pool():
    """`pool(threads, ...)`: a pool that stops with the test."""
    made = []

    def make(threads, **options):
        made.append(Pool("test", lambda: threads, **options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_an_item_is_done_once_however_often_it_is_run():
    task = a_task()
    for _ in range(3):
        run(task)
    assert effects() == ["ok"]
    assert (task.attempts, task.due_at, task.lease, task.error) == (1, None, None, "")
    assert task.finished_at is not None


def test_an_item_that_is_not_due_waits():
    task = a_task(due_at=timezone.now() + timedelta(minutes=1))
    run(task)
    assert effects() == []
    run(task, later=timedelta(minutes=2))
    assert effects() == ["ok"]


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_do_an_item_once(monkeypatch):
    done, met = [], threading.Barrier(8, timeout=20)
    monkeypatch.setitem(work.outside, "ok", lambda task: done.append(task.name))
    task = a_task()

    def go():
        met.wait()
        do_task.run(task.pk)
        connection.close()

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done, effects()) == (["ok"], ["ok"])


@pytest.mark.django_db(transaction=True)
def test_batches_that_are_taken_at_once_share_no_item():
    for number in range(40):
        a_task(f"{number:02}")
    taken, met = [], threading.Barrier(4, timeout=20)

    def take():
        met.wait()
        batch = leasing.lease_batch(Task.objects.all(), now=timezone.now(), lasting=SOON, limit=15)
        taken.extend(task.name for task in batch)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) > 0


def test_a_run_that_lost_the_lease_settles_nothing(monkeypatch):
    """The first run is slow: its lease ends, and another run does the item."""
    settled = []

    def overtaken(task):
        if not settled:
            settled.append(task)
            do_task.run(task.pk, now=timezone.now() + timedelta(minutes=2))

    monkeypatch.setitem(work.outside, "ok", overtaken)
    task = a_task()
    run(task)
    assert effects() == ["ok"]
    assert task.attempts == 2
    late = settled[0]
    now = timezone.now()
    assert not leasing.finish(late, now=now)
    assert not leasing.try_later(late, at=now, error="late")
    assert not leasing.give_up(late, error="late")
    assert not leasing.renew(late, now=now, lasting=SOON)
    assert not leasing.give_back([late])
    task.refresh_from_db()
    assert (task.finished_at is not None, task.error, task.attempts) == (True, "", 2)


def test_an_item_whose_run_died_is_taken_over_when_its_lease_ends():
    now = timezone.now()
    task = a_task(due_at=now)
    leased = leasing.lease_one(Task.objects.all(), task.pk, now=now, lasting=do_task.lease)
    do_task.run(task.pk, now=now + timedelta(seconds=59))
    assert effects() == []
    do_task.run(task.pk, now=now + timedelta(seconds=60))
    assert (effects(), Task.objects.get().attempts) == (["ok"], 2)
    assert not leasing.finish(leased, now=now)


def test_an_item_that_is_withdrawn_is_not_run():
    task = a_task()
    Task.objects.update(finished_at=timezone.now())
    run(task)
    assert effects() == []


def test_an_impossible_item_is_retried_with_growing_pauses_and_then_given_up():
    task = a_task("away")
    now = timezone.now()
    do_task.run(task.pk, now=now)
    task.refresh_from_db()
    assert (task.due_at, task.error) == (now + timedelta(seconds=2), "the other side is away")
    do_task.run(task.pk, now=now + timedelta(seconds=1))
    task.refresh_from_db()
    assert task.attempts == 1, "it waits"
    do_task.run(task.pk, now=task.due_at)
    second = Task.objects.get()
    assert second.due_at == task.due_at + timedelta(seconds=4)
    do_task.run(task.pk, now=second.due_at)
    given_up = Task.objects.get()
    assert (given_up.due_at, given_up.finished_at, given_up.lease) == (None, None, None)
    assert not FailedRow.objects.exists(), "it was foreseen"
    run(task, later=timedelta(days=1))
    assert task.attempts == 3


def test_an_unexpected_error_postpones_only_its_item_and_is_reported():
    names = ["ok 1", "broken", "ok 2"]
    tasks = {name: a_task(name, due_at=timezone.now() - timedelta(seconds=3 - at)) for at, name in enumerate(names)}
    do_task.run_due(now=timezone.now())
    assert effects() == ["ok 1", "ok 2"]
    assert FailedRow.objects.get().key == str(tasks["broken"].pk)
    assert "nobody foresaw" in Task.objects.get(name="broken").error


def test_pauses_double_up_to_the_longest_and_are_never_all_the_same():
    backoff = Backoff(timedelta(seconds=2), timedelta(minutes=5), jitter=0.5)
    for attempts, seconds in ((0, 2), (1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (10_000, 300)):
        pauses = {backoff.after(attempts).total_seconds() for _ in range(50)}
        assert seconds / 2 <= min(pauses) < max(pauses) <= seconds


def test_staff_try_again_what_waits_or_was_given_up_and_nothing_else():
    now = timezone.now()
    given_up, waiting = a_task(due_at=None), a_task(due_at=now + timedelta(hours=1))
    done, running = a_task(finished_at=now), a_task(leased_until=now + timedelta(seconds=30))
    tried = [do_task.try_now(task.pk, now=now) for task in (given_up, waiting, done, running)]
    assert tried == [True, True, False, False]
    do_task.run_due(now=now)
    assert len(effects()) == 2


def test_an_item_that_staff_try_again_has_its_attempts_before_it_is_given_up_again():
    task = a_task("away", due_at=None, attempts=3)
    do_task.try_now(task.pk, now=timezone.now())
    run(task)
    assert (task.attempts, task.due_at is None) == (2, False)
    run(task, later=timedelta(days=1))
    assert (task.attempts, task.due_at) == (3, None)


def test_staff_give_up_what_waits():
    now = timezone.now()
    waiting, running = a_task(), a_task(leased_until=now + timedelta(seconds=30))
    assert [do_task.give_up(task.pk, now=now, error="why") for task in (waiting, running)] == [True, False]
    assert not do_task.give_up(waiting.pk, now=now, error="again")
    do_task.run_due(now=now)
    assert effects() == []


def test_work_in_several_steps_holds_its_item_for_longer_and_gives_back_what_it_has_not_begun():
    now = timezone.now()
    for name in ("first", "second"):
        a_task(name, due_at=now)
    first, second = leasing.lease_batch(Task.objects.all(), now=now, lasting=SOON, limit=9, order=("name",))
    assert leasing.renew(first, now=now, lasting=timedelta(minutes=1), error="sending")
    assert leasing.give_back([second])
    again = leasing.lease_batch(Task.objects.all(), now=now + 2 * SOON, lasting=SOON, limit=9)
    assert [(task.name, task.attempts) for task in again] == [("second", 1)]


def test_a_lease_and_a_next_try_of_a_clock_that_was_ahead_are_brought_back():
    far = timezone.now() + timedelta(days=1)
    tasks = [a_task("ahead", due_at=far), a_task("held", leased_until=far)]
    clock.correct_due_times(now=timezone.now())
    do_task.run_due(now=timezone.now())
    assert effects() == ["ahead", "held"]
    assert len(tasks) == 2


@pytest.mark.django_db(transaction=True)
def test_work_is_done_right_after_the_commit(monkeypatch):
    monkeypatch.setitem(work.threads, "count", 1)

    @transactional
    def order(name, *, then=None):
        run_after_commit(Task, a_task(name).pk)
        if then:
            raise then

    order("committed")
    with pytest.raises(RuntimeError):
        order("rolled back", then=RuntimeError())
    work.POOL.drain(10)
    assert effects() == ["committed"]


def test_a_pool_queues_an_item_once_and_refuses_more_when_it_is_full(pool):
    go, ran = threading.Event(), []
    full = pool(1, longest_queue=2)
    running = threading.Event()
    full.submit("running", lambda: (running.set(), go.wait(10)), limit=60)
    assert running.wait(10)
    taken = [full.submit(key, lambda key=key: ran.append(key), limit=60) for key in ("a", "a", "b", "c")]
    assert taken == [True, True, True, False]
    go.set()
    full.drain(10)
    assert ran == ["a", "b"]


@pytest.mark.django_db(transaction=True)
def test_the_next_run_of_the_job_does_the_items_that_a_full_pool_refused(monkeypatch):
    monkeypatch.setitem(work.threads, "count", 1)
    go = threading.Event()
    monkeypatch.setitem(work.outside, "ok", lambda task: go.wait(10))
    for number in range(8):
        a_task(f"ok {number}")
    do_task.run_due(now=timezone.now())
    go.set()
    work.POOL.drain(10)
    assert 3 <= len(effects()) <= 5
    for _ in range(2):
        do_task.run_due(now=timezone.now())
        work.POOL.drain(10)
    assert effects() == [f"ok {number}" for number in range(8)]


def test_a_pool_that_stops_finishes_what_runs_and_drops_the_rest(pool):
    go, running, ran = threading.Event(), threading.Event(), []
    stopping = pool(1)
    stopping.submit("running", lambda: (running.set(), go.wait(10), ran.append("running")), limit=60)
    assert running.wait(10)
    stopping.submit("queued", lambda: ran.append("queued"), limit=60)
    stop = threading.Thread(target=stopping.stop)
    stop.start()
    go.set()
    stop.join(10)
    assert ran == ["running"]
    assert not stopping.submit("late", lambda: ran.append("late"), limit=60)


def test_a_pool_without_threads_takes_nothing(pool):
    assert not pool(0).submit("key", lambda: None, limit=60)


def test_figures_tell_what_is_due_and_what_was_given_up(client, monkeypatch):
    a_task("due", due_at=timezone.now() - timedelta(minutes=5))
    a_task("later", due_at=timezone.now() + timedelta(minutes=5))
    a_task("given up", due_at=None)
    a_task("done", due_at=None, finished_at=timezone.now())
    figures.compute()
    text = client.get("/metrics/service").content.decode()
    (due,) = [line for line in text.splitlines() if line.startswith('souk_work_due_seconds{work="task"}')]
    assert 300 <= float(due.split()[1]) < 360
    assert 'souk_work_given_up{work="task"} 1.0' in text


def test_the_fallback_is_a_job():
    a_task()
    all_jobs()["job.do_due_tasks"]()
    assert effects() == ["ok"]


def test_a_table_that_is_not_used_has_no_job_and_is_counted(monkeypatch):
    class Unused(running.WorkTable):
        def run_soon(self, key):
            return False

        def run_due(self, *, now):
            raise AssertionError

    monkeypatch.setitem(running._tables, Task, do_task)
    Unused(model=Task, job="do_unused_tasks", every=5, used=False)
    assert "job.do_unused_tasks" not in all_jobs()
    assert {sample.labels["work"] for figure in running.work_figures() for sample in figure.samples} == {"task"}


def act(browser, action, *tasks):
    data = {"action": action, "_selected_action": [str(task.pk) for task in tasks]}
    return browser.post(reverse("admin:probe_task_changelist"), data, follow=True)


def test_staff_see_how_far_an_item_is_and_may_act_only_by_their_own_right(staff):
    waiting, given_up = a_task("waits"), a_task("was given up", due_at=None, error="no such parcel")
    a_task("is done", due_at=None, finished_at=timezone.now())
    auditor = staff(superuser=False, groups=["auditors"])
    page = reverse("admin:probe_task_changelist")
    for progress, name in (("waiting", "waits"), ("given up", "was given up"), ("finished", "is done")):
        listing = auditor.get(page, {"progress": progress}).context["cl"]
        assert [task.name for task in listing.result_list] == [name]
    assert act(auditor, "give_up", waiting).status_code == 403
    assert act(auditor, "try_again", given_up).status_code == 403
    operator = staff(superuser=False, groups=["operations"])
    act(operator, "give_up", waiting)
    act(operator, "try_again", given_up)
    waiting.refresh_from_db()
    given_up.refresh_from_db()
    assert waiting.due_at is None
    assert "given up by" in waiting.error
    assert given_up.due_at is not None
    assert {entry.change_message for entry in LogEntry.objects.all()} == {"given up", "due now"}
    assert "Nothing to change" in act(operator, "give_up", waiting).content.decode()


# --- processes ---------------------------------------------------------------------------------

START = "import django; django.setup()\nfrom probe.models import Task\nfrom probe.work import do_task, POOL\n"
STORE = START + "from django.utils import timezone\n"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.end()


def store(world, *names):
    world.run("-c", STORE + f"for name in {names!r}: Task.objects.create(name=name, due_at=timezone.now())")


@pytest.mark.django_db(databases=[])
def test_two_processes_at_once_do_each_item_once(world):
    store(world, *(f"{number}" for number in range(60)))
    everything = "for key in Task.objects.values_list('pk', flat=True): do_task.run(key)"
    both = [world.start(python("-c", START + everything)) for _ in range(2)]
    assert [process.child.wait() for process in both] == [0, 0]
    assert world.effects() == [f"{number}" for number in range(60)]
    assert world.rows("SELECT DISTINCT attempts FROM probe_task") == [(1,)]


@pytest.mark.django_db(databases=[])
def test_a_process_that_dies_between_effect_and_settling_leaves_the_item_to_another(world):
    store(world, "deadly")
    once = python("-c", START + "do_task.run(Task.objects.get().pk)")
    assert world.start(once).child.wait() == -9
    assert world.start(once).child.wait() == 0
    assert world.rows("SELECT attempts, finished_at FROM probe_task") == [(1, None)], "its lease has not ended"
    world.run("-c", STORE + "Task.objects.update(leased_until=timezone.now())")
    assert world.start(once).child.wait() == 0
    assert world.rows("SELECT attempts, name FROM probe_task, probe_effect USING (name)") == [(2, "deadly")]


@pytest.mark.django_db(databases=[])
def test_a_worker_that_is_stopped_finishes_the_item_in_hand_and_leaves_the_others_due(world):
    world.env["PROBE_WORK_THREADS"] = "1"
    worker = world.worker()
    world.record("ThingToDo", 0, 3)
    wait_until((world.folder / "hanging").exists, what="an item in hand")
    wait_until(lambda: world.rows("SELECT count(*) FROM probe_task") == [(3,)], what="three items")
    worker.child.terminate()
    wait_until(lambda: "Warm shutdown" in (world.folder / "worker.log").read_text(), what="the signal")
    (world.folder / "cure").touch()
    wait_until(lambda: not worker.running, seconds=20, what="the worker's end")
    assert worker.child.returncode == 0
    assert len(world.rows("SELECT 1 FROM probe_task WHERE finished_at IS NOT NULL")) == 1
    assert len(world.rows("SELECT 1 FROM probe_task WHERE due_at IS NOT NULL AND attempts = 0")) == 2
