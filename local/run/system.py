"""A running installation: start, stop, inspect, inject faults."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType

from engines.machine import is_free

from run import ports, prepare
from run.addresses import Real
from run.layout import DEFAULT_PORT_BASE, Home, Ports, project_folder
from run.processes import Process, all_processes, last_lines
from run.settings import Settings
from run.supervision import Supervisor

#: A process that failed so often right after its start will not recover.
_FAILURES = 4

Tell = Callable[[str], None]


class PortInUse(Exception):
    """Another program uses a required port; the message says which, and what to do."""


class NotHealthy(Exception):
    """Some processes did not become ready; the message names each with the reason and its log."""


class EnginesAway(Exception):
    """A real engine cannot be used; the message says which, and what to do."""


class System:
    """A system in a folder, on the ports from `port_base` on.

    `settings` reach every process; a name like `orders.PAYMENT_WINDOW_SECONDS` only that service.
    `engines`: the folder of the real engines, which must run; without it the embedded ones are used.
    As a context manager it starts at the beginning and stops at the end.
    """

    def __init__(
        self,
        home: Path | str,
        port_base: int = DEFAULT_PORT_BASE,
        settings: Mapping[str, str] | None = None,
        tell: Tell = lambda _: None,
        without: Iterable[str] = (),
        engines: Path | str | None = None,
    ) -> None:
        self.home = Home(Path(home).absolute())
        self.ports = Ports(port_base)
        real = Path(engines).absolute() if engines else None
        self.settings = Settings(self.home, self.ports, dict(settings or {}), frozenset(without), real)
        self.tell = tell
        self.supervisor = Supervisor(self.home)

    @classmethod
    def remembered(cls, home: Path | str, tell: Tell = lambda _: None) -> System:
        """Return the system last started in this folder, with its ports and settings."""
        try:
            options = json.loads(Home(Path(home).absolute()).remembered.read_text())
        except (OSError, ValueError):
            options = {}
        return cls(
            home,
            options.get("port_base", DEFAULT_PORT_BASE),
            options.get("settings"),
            tell,
            options.get("without", ()),
            options.get("engines"),
        )

    # Life

    def start(self, seconds: float = 120.0) -> None:
        """Prepare what is missing, start every process, and wait until all are healthy.

        Does nothing when it is running. Raises EnginesAway, PortInUse, PreparationFailed, NotHealthy.
        """
        self.home.make()
        if not self.running:
            self._end_orphans()
            self._require_engines()
            self._require_free_ports()
            prepare.keys(self.home)
            self._remember()
            self.supervisor.start(self.processes())
        if self._stopped():
            self._prepare_or_stop()
            self.tell("Starting the processes")
            self.supervisor.start_all()
        self.wait_until_healthy(seconds)

    def stop(self) -> None:
        """Stop every process and keep the data. Does nothing when it is not running."""
        if self.running:
            self.supervisor.stop(self.processes())
        self._end_orphans()

    def reset(self) -> None:
        """Stop, and delete all data, keys and logs."""
        self.stop()
        if isinstance(self.settings.addresses, Real):
            self.settings.addresses.empty()
        for folder in (self.home.data, self.home.logs, self.home.state, self.home.static, self.home.media):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self.home.gateway, self.home.keys):
            shutil.rmtree(folder, ignore_errors=True)
        self.home.secrets.unlink(missing_ok=True)

    def __enter__(self) -> System:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    # Questions

    @property
    def running(self) -> bool:
        return self.supervisor.pid is not None

    def url(self, path: str = "/", *, staff: bool = False) -> str:
        """Return an address at the gateway."""
        return f"{self.settings.staff_url if staff else self.settings.public_url}{path}"

    def service_url(self, service: str, path: str = "/") -> str:
        """Return an address at a service itself (or `sandbox`), without the gateway."""
        base = self.settings.sandbox_url if service == "sandbox" else self.settings.url_of(service)
        return f"{base}{path}"

    def needed_ports(self) -> dict[str, int]:
        """Return the required port of each process by its name."""
        needed = self.ports.all()
        if self.settings.engines:
            del needed["redis"]
        return needed

    def processes(self) -> list[Process]:
        return all_processes(self.settings)

    def unhealthy(self) -> dict[str, str]:
        """Return the reason for each process that is not ready."""
        return {process.name: reason for process in self.processes() if (reason := process.check())}

    def wait_until_healthy(self, seconds: float = 120.0) -> None:
        """Wait until it is healthy. Raises NotHealthy."""
        deadline = time.monotonic() + seconds
        waiting = {process.name: process for process in self.processes()}
        total = len(waiting)
        while True:
            reasons = {name: reason for name, process in waiting.items() if (reason := process.check())}
            for name in sorted(waiting.keys() - reasons.keys()):
                del waiting[name]
                self.tell(f"  {total - len(waiting):>2}/{total} {name}")
            if not waiting:
                return
            if time.monotonic() > deadline or self._hopeless(waiting):
                raise NotHealthy(self._complaint(reasons))
            time.sleep(0.2)

    # Faults, for tests

    def manage(self, service: str, *arguments: str) -> str:
        """Run a service's `manage.py` and return its output. Raises AssertionError with the error output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=project_folder(service),
            env=self.settings.service(service),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def set_stock(self, sku: str, units: int) -> None:
        """Set the stock of a SKU as staff do in a stocktake."""
        self.manage("products", "count_stock", sku, str(units))

    def pid(self, process: str) -> int:
        return int(self.supervisor.states()[process]["pid"])

    def kill(self, process: str) -> int:
        """Send SIGKILL to one process; supervisor restarts it. Returns the killed pid."""
        return self.supervisor.kill_process(process)

    def stop_process(self, process: str) -> None:
        self.supervisor.stop_process(process)

    def start_process(self, process: str) -> None:
        self.supervisor.start_process(process)

    def restart(self, process: str, seconds: float = 60.0) -> None:
        """Stop one process in order, start it and wait until it is ready. Raises NotHealthy."""
        self.stop_process(process)
        self.start_process(process)
        self.wait_for(process, seconds)

    def wait_for(self, process: str, seconds: float = 60.0) -> None:
        """Wait until it is healthy. Raises NotHealthy."""
        check = next(each.check for each in self.processes() if each.name == process)
        deadline = time.monotonic() + seconds
        while reason := check():
            if time.monotonic() > deadline:
                raise NotHealthy(self._complaint({process: reason}))
            time.sleep(0.1)

    # Inside

    def _stopped(self) -> bool:
        """Return whether supervisor has stopped processes: the start has just begun, or was interrupted."""
        return any(facts["statename"] == "STOPPED" for facts in self.supervisor.states().values())

    def _prepare_or_stop(self) -> None:
        try:
            self._prepare()
        except BaseException:
            self.stop()
            raise

    def _prepare(self) -> None:
        names = prepare.services_to_prepare(self.settings)
        if not names:
            return
        for process in self.processes():
            if process.first:
                self.wait_for(process.name)
        self.tell("Preparing databases, demo data and static files")
        for done, name in enumerate(prepare.services(self.settings, names), start=1):
            self.tell(f"  {done:>2}/{len(names)} {name}")

    def _remember(self) -> None:
        options = {
            "port_base": self.ports.base,
            "settings": dict(self.settings.extra),
            "without": sorted(self.settings.without),
            "engines": str(self.settings.engines) if self.settings.engines else None,
        }
        self.home.remembered.write_text(json.dumps(options))

    def _require_engines(self) -> None:
        unwell = self.settings.addresses.unwell() if isinstance(self.settings.addresses, Real) else {}
        if unwell:
            lines = [f"  {name} {reason}" for name, reason in unwell.items()]
            raise EnginesAway(
                "The real engines are not all there:\n" + "\n".join(lines) + "\n`make engines` starts them."
            )

    def _require_free_ports(self) -> None:
        taken = {port: name for name, port in self.needed_ports().items() if not is_free(port)}
        if not taken:
            return
        lines = []
        for port, name in taken.items():
            who = ports.holder(port) or "a process that cannot be seen from here"
            lines.append(f"  port {port}, wanted by {name}, is held by {who}")
        raise PortInUse(
            "A port is in use:\n" + "\n".join(lines) + "\nEnd that process, or choose other ports: "
            "SOUK_PORT_BASE=18080 make up (all ports follow from it)."
        )

    def _end_orphans(self) -> None:
        """End the processes of a system in this folder whose supervisor was killed."""
        orphans = [each for each in ports.processes_of(self.home) if not self.running]
        if orphans:
            self.tell(f"Ending {len(orphans)} processes that an earlier start has left behind")
            ports.end(orphans)

    def _hopeless(self, waiting: Mapping[str, Process]) -> bool:
        """Return whether a process keeps failing, or there is no supervisor."""
        return not self.running or any(self.supervisor.failures(name) >= _FAILURES for name in waiting)

    def _complaint(self, reasons: Mapping[str, str]) -> str:
        lines = []
        for name, reason in sorted(reasons.items()):
            log = self.home.logs / f"{name}.log"
            lines += [f"  {name} {reason}. The end of {log}:", *(f"    {line}" for line in last_lines(log, 6))]
        return "Not healthy:\n" + "\n".join(lines) + "\n`make doctor` says more."
