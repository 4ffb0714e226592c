"""Handlers whose behavior the environment and the message choose."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uuid_utils.compat import uuid7

from chassis.core.messages import reads
from chassis.inbox.handlers import Context, handlers, loads
from chassis.outbox.recorder import record
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, Erased, ExportRequested, PersonalData
from chassis.revocation import SessionsEnded, on_sessions_ended
from chassis.transactions import after_commit, unit_of_work
from chassis.work.running import run_after_commit
from probe import work  # noqa: F401
from probe.events import ErasureReport, ExportContribution, ThingHappened
from probe.models import Effect, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    thing: str
    name: str


@reads("thing.happened.v1")
class Happened(Thing):
    pass


@reads("thing.echoed.v1")
class Echoed(Thing):
    pass


@reads("thing.to_do.v1")
class ToDo(Thing):
    pass


@reads("thing.looked_up.v1")
class LookedUp(Thing):
    pass


@reads("thing.poisoned.v1")
class Poisoned(Thing):
    pass


@reads("thing.deadly.v1")
class Deadly(Thing):
    pass


@reads("thing.hanging.v1")
class Hanging(Thing):
    pass


@reads("thing.killed.v1")
class Killed(Thing):
    pass


@reads("thing.unacknowledged.v1")
class Unacknowledged(Thing):
    pass


def on_thing_happened(message: Thing, context: Context) -> None:
    Effect.objects.create(id=uuid7(), name=message.name)


def on_thing_echoed(message: Thing, context: Context) -> None:
    """Store an effect and record a message about it."""
    Effect.objects.create(id=uuid7(), name=message.name)
    record([ThingHappened(thing=message.thing, name=f"{message.name} echoed")])


#: What `load_things` was called with.
LOADED: list[list[str]] = []


def load_things(messages: Sequence[Thing]) -> None:
    LOADED.append([message.thing for message in messages])
    unit_of_work().loaded.update({message.thing: f"found {message.thing}" for message in messages})


@loads(load_things)
def on_thing_looked_up(message: Thing, context: Context) -> None:
    Effect.objects.create(id=uuid7(), name=unit_of_work().loaded[message.thing])


def on_poison(message: Thing, context: Context) -> None:
    """Fail until the file named by PROBE_CURE exists."""
    Effect.objects.create(id=uuid7(), name=message.name)
    if not _cured():
        raise RuntimeError("the world is broken")


def on_deadly(message: Thing, context: Context) -> None:
    """Kill its process each time until the file named by PROBE_CURE exists."""
    if not _cured():
        os.kill(os.getpid(), signal.SIGKILL)
    Effect.objects.create(id=uuid7(), name=message.name)


def on_killer(message: Thing, context: Context) -> None:
    """Kill its process once, after the effect and before the commit."""
    Effect.objects.create(id=uuid7(), name=message.name)
    _die_once()


def on_killer_of_acknowledgments(message: Thing, context: Context) -> None:
    """Kill its process once, after the commit and before the acknowledgment."""
    Effect.objects.create(id=uuid7(), name=message.name)
    after_commit(_die_once)


def on_hanging(message: Thing, context: Context) -> None:
    """Hang until the file named by PROBE_CURE exists."""
    Effect.objects.create(id=uuid7(), name=message.name)
    Path(os.environ["PROBE_HANGING_MARK"]).write_text("hangs")
    while not _cured():
        time.sleep(0.1)


def on_thing_to_do(message: ToDo, context: Context) -> None:
    """Store an item of slow work."""
    task = Task.objects.create(name=f"slow {message.name}", due_at=context.now)
    run_after_commit(Task, task.pk)


def _cured() -> bool:
    return Path(os.environ.get("PROBE_CURE", "/nowhere")).exists()


def _die_once() -> None:
    mark = Path(os.environ["PROBE_KILLED_MARK"])
    if not mark.exists():
        mark.write_text("killed")
        os.kill(os.getpid(), signal.SIGKILL)


def erase(user_id, now):
    """Delete the effects named after the person; one that is named "open <id>" delays the erasure."""
    Effect.objects.filter(name=str(user_id)).delete()
    waits = Effect.objects.filter(name=f"open {user_id}").exists()
    return Erased(erased="effects", kept="nothing", waits_for="an open effect" if waits else "")


def collect(user_id):
    return {"effects": Effect.objects.filter(name=str(user_id)).values("id", "name", "at"), "nothing": []}


PERSONAL_DATA = PersonalData(erase=erase, collect=collect, receipt=ErasureReport, contribution=ExportContribution)

HANDLERS = handlers(
    (SessionsEnded, on_sessions_ended),
    (AccountDeleted, on_account_deleted),
    (ExportRequested, on_export_requested),
    (Happened, on_thing_happened),
    (Echoed, on_thing_echoed),
    (LookedUp, on_thing_looked_up),
    (Poisoned, on_poison),
    (Deadly, on_deadly),
    (Hanging, on_hanging),
    (ToDo, on_thing_to_do),
    (Killed, on_killer),
    (Unacknowledged, on_killer_of_acknowledgments),
)
