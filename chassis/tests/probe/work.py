"""Work whose behavior the environment and the task's name choose."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from uuid_utils.compat import uuid7

from chassis.transactions import transactional
from chassis.work import leasing
from chassis.work.backoff import Backoff
from chassis.work.pool import Pool
from chassis.work.running import TryLater, worker
from probe.models import Effect, Task

threads = {"count": int(os.environ.get("PROBE_WORK_THREADS", "0"))}
POOL = Pool("probe", lambda: threads["count"], longest_queue=3)

#: The functions called before the item is settled, by the task's name. Their effect happens before they return.
outside = {}


@worker(
    Task,
    pool=POOL,
    job="do_due_tasks",
    every=5,
    backoff=Backoff(timedelta(seconds=2), timedelta(minutes=5), jitter=0.0),
    give_up_after=3,
)
def do_task(task, now):
    kind = task.name.partition(" ")[0]
    outside.get(kind, lambda task: None)(task)
    settle(task, now)


@transactional
def settle(task, now):
    if leasing.finish(task, now=now):
        Effect.objects.create(id=uuid7(), name=task.name)


def away(task):
    raise TryLater("the other side is away")


def broken(task):
    raise ValueError("nobody foresaw this")


def deadly(task):
    """Kill its process once, after the effect and before the item is settled."""
    mark = Path(os.environ["PROBE_KILLED_MARK"])
    if not mark.exists():
        mark.write_text("killed")
        os.kill(os.getpid(), signal.SIGKILL)


def slow(task):
    """Run until the file named by PROBE_CURE exists."""
    Path(os.environ["PROBE_HANGING_MARK"]).write_text("hangs")
    while not Path(os.environ["PROBE_CURE"]).exists():
        time.sleep(0.05)


outside.update(away=away, broken=broken, deadly=deadly, slow=slow)
