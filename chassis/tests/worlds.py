"""A service for the fault tests: a database, a broker and processes that are started and ended."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from brokers import REAL, RabbitBroker, RedisBroker

from testkit.processes import Process, RedisServer, python, wait_until

HERE = Path(__file__).resolve().parent
RECORD = """
import django; django.setup()
from chassis.outbox.recorder import record
from probe import events
record([getattr(events, {event!r})(thing=f"thing {{n % {things}}}", name=f"{{n}}") for n in range({first}, {last})])
"""


class World:
    """A service of this name, with its own broker or that of another one."""

    def __init__(self, folder: Path, service: str = "probe", *, beside: World | None = None, **env: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.service, self._beside = folder, service, beside
        self.redis = beside.redis if beside else RedisServer(folder / "redis")
        self.broker = beside.broker if beside else RabbitBroker() if REAL else RedisBroker(self.redis)
        self.database = folder / "probe.sqlite3"
        self.processes: list[Process] = []
        self.env = {
            "DJANGO_SETTINGS_MODULE": "probe.settings",
            "PYTHONPATH": f"{HERE}:{HERE.parent}",
            "PROBE_SERVICE": service,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "REDIS_URL": self.redis.url(0),
            "BROKER_URL": self.broker.url,
            "PROBE_KILLED_MARK": str(folder / "killed"),
            "PROBE_HANGING_MARK": str(folder / "hanging"),
            "PROBE_CURE": str(folder / "cure"),
            **env,
        }
        self.run("-m", "django", "migrate", "-v0")

    def run(self, *arguments: str) -> None:
        process = Process(python(*arguments), log=self.folder / "runs.log", env=self.env)
        assert process.child.wait() == 0, (self.folder / "runs.log").read_text()[-3000:]

    def record(self, event: str, first: int, last: int, *, things: int = 7, then: str = "") -> None:
        """Record messages in a separate process, as a web process does."""
        script = RECORD.format(event=event, first=first, last=last, things=things) + then
        process = Process(python("-c", script), log=self.folder / "runs.log", env=self.env)
        code = process.child.wait()
        assert code == (-9 if then else 0), (self.folder / "runs.log").read_text()[-3000:]

    def worker(self, *, relay: bool = True, number: int = 1) -> Process:
        celery = [str(Path(sys.executable).parent / "celery"), "-A", "probe.celery", "worker"]
        options = ["--pool", "threads", "--concurrency", "2", "-n", f"{self.service}{number}@localhost"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        env = {**self.env, "WORKER_RUNS_RELAY_AND_BEAT": str(relay)}
        return self._keep(Process([*celery, *options, *quiet], log=self.folder / "worker.log", env=env))

    def relay(self) -> Process:
        return self._keep(Process(python("-m", "django", "relay"), log=self.folder / "relay.log", env=self.env))

    def beat(self) -> Process:
        command = [str(Path(sys.executable).parent / "celery"), "-A", "probe.celery", "beat"]
        return self._keep(Process(command, log=self.folder / "beat.log", env=self.env))

    def rows(self, query: str) -> list:
        with sqlite3.connect(self.database, timeout=20) as connection:
            return connection.execute(query).fetchall()

    def effects(self) -> list[str]:
        return sorted((name for (name,) in self.rows("SELECT name FROM probe_effect")), key=int)

    def expect_effects(self, count: int, *, seconds: float = 60) -> None:
        """Wait for exactly one effect of each message and an empty outbox."""
        wait_until(lambda: len(self.effects()) >= count, seconds=seconds, what=f"{count} effects")
        wait_until(
            lambda: not self.rows("SELECT 1 FROM outbox_outboxmessage WHERE sent_at IS NULL"), what="an empty outbox"
        )
        assert self.effects() == [str(n) for n in range(count)]

    def is_known_to_the_broker(self) -> bool:
        """Return whether its marker is there: its queues are declared, and lost messages are requested."""
        return self.broker.messages_in(f"{self.service}_marker") > 0

    def all_sent(self) -> bool:
        return not self.rows("SELECT 1 FROM outbox_outboxmessage WHERE sent_at IS NULL")

    def end(self) -> None:
        for process in self.processes:
            process.stop()
        if self._beside is None:
            self.broker.end()
            self.redis.kill()

    def start(self, command: list[str]) -> Process:
        return self._keep(Process(command, log=self.folder / "runs.log", env=self.env))

    def _keep(self, process: Process) -> Process:
        self.processes.append(process)
        return process
