"""The supervisord of one system: its configuration, and its control over a Unix socket."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from run import doors
from run.layout import Home
from run.processes import Process


class NotRunning(Exception):
    """There is no supervisor for this folder."""


class DidNotStop(Exception):
    """A process did not stop in time; the message names it."""


class Supervisor:
    def __init__(self, home: Home) -> None:
        self.home = home
        self._configuration = home.state / "supervisord.conf"
        self._processes = home.state / "processes.json"
        self._pid_file = home.state / "supervisord.pid"

    def start(self, processes: list[Process]) -> None:
        """Write the configuration and start supervisord in the background; processes start in order of priority."""
        self.home.supervisor_socket.unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration)]
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(Path(__file__).parents[1]),  # for `run.logs`
            "SOUK_SYSTEM": str(self.home.path),
        }
        with doors.opened(processes) as opened:
            self._write(processes, opened)
            subprocess.run(
                command,
                check=True,
                env=environment,
                cwd=self.home.path,
                stdin=subprocess.DEVNULL,
                pass_fds=list(opened.values()),
            )
        self._wait_until_it_listens()

    def _wait_until_it_listens(self, seconds: float = 20.0) -> None:
        """Wait for its socket, because it detaches before it writes its pid file. Raises NotRunning."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.states()
                return
            except NotRunning as error:
                if time.monotonic() > deadline:
                    raise NotRunning(f"supervisord did not start; see {self.home.logs}/supervisord.log") from error
            time.sleep(0.05)

    @property
    def pid(self) -> int | None:
        """Return supervisord's process id, or None when it is not running."""
        try:
            pid = int(self._pid_file.read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid if _is_supervisord(pid) else None

    def failures(self, name: str) -> int:
        """Return how often in a row a process has ended soon after its start."""
        count = 0
        try:
            lines = (self.home.logs / "supervisord.log").read_text().splitlines()
        except FileNotFoundError:
            return 0
        for line in lines:
            if f"exited: {name} " in line:
                count += 1
            elif f"success: {name} " in line or "supervisord started" in line:
                count = 0
        return count

    def states(self) -> dict[str, dict[str, Any]]:
        """Return supervisor's facts by process name (`statename`, `pid`, `spawnerr` ...). Raises NotRunning."""
        return {facts["name"]: facts for facts in self._call("getAllProcessInfo")}

    def start_all(self) -> None:
        """Start every process that is not running."""
        self._call("startAllProcesses", False)

    def start_process(self, name: str) -> None:
        self._call("startProcess", f"souk:{name}", False)

    def stop_process(self, name: str) -> None:
        """Stop one process and wait for it."""
        self._call("stopProcess", f"souk:{name}", True)

    def kill_process(self, name: str) -> int:
        """Send SIGKILL, as in a crash; supervisor restarts it. Returns the killed pid."""
        pid = int(self.states()[name]["pid"])
        if not pid:
            raise NotRunning(f"{name} does not run")
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, processes: list[Process], seconds: float = 45.0) -> None:
        """Stop everything in reverse order of priority. Raises DidNotStop."""
        pid = self.pid
        if pid is None:
            return
        try:
            self._stop_all([process for process in processes if not process.first])
            self._call("shutdown")
        except NotRunning:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while _is_supervisord(pid):
            if time.monotonic() > deadline:
                raise DidNotStop(f"supervisord (process {pid}) did not stop within {seconds:.0f} s")
            time.sleep(0.1)

    def _stop_all(self, processes: list[Process]) -> None:
        """Stop all at once; supervisor kills those that do not stop in time."""
        names = {process.name for process in processes}
        for name, facts in self.states().items():
            if name in names and facts["statename"] in {"RUNNING", "STARTING", "BACKOFF"}:
                self._quietly("stopProcess", f"souk:{name}", False)
        deadline = time.monotonic() + max((process.patience for process in processes), default=0) + 10
        while time.monotonic() < deadline:
            if not any(facts["pid"] for name, facts in self.states().items() if name in names):
                return
            time.sleep(0.1)

    def _quietly(self, method: str, *arguments: Any) -> None:
        try:
            self._call(method, *arguments)
        except xmlrpc.client.Fault:  # it has ended by itself meanwhile
            return

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.home.supervisor_socket}")
        proxy = xmlrpc.client.ServerProxy("http://supervisor", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, xmlrpc.client.ProtocolError) as error:
            raise NotRunning(f"no supervisor for {self.home.path} ({error})") from error
        finally:
            transport.close()

    def _write(self, processes: list[Process], opened: Mapping[doors.Door, int]) -> None:
        facts = {}
        for process in processes:
            process.folder.mkdir(parents=True, exist_ok=True)
            facts[process.name] = {
                "command": process.command,
                "folder": str(process.folder),
                "environment": process.environment,
                "log": str(self._log(process)),
                "doors": [opened[door] for door in process.doors],
            }
        _write_private(self._processes, json.dumps(facts, indent=1))
        names = ",".join(process.name for process in processes)
        user = f"user={getpass.getuser()}" if os.geteuid() == 0 else ""
        text = _filled(
            _HEAD,
            home=self.home.path,
            socket=self.home.supervisor_socket,
            user=user,
            names=names,
            lowest=doors.LOWEST,
        )
        text += "".join(self._program(process) for process in processes)
        _write_private(self._configuration, text)

    def _program(self, process: Process) -> str:
        launch = Path(__file__).with_name("launch.py")
        command = [sys.executable, "-I", "-S", str(launch), str(self._processes), process.name]
        return _filled(
            _PROGRAM,
            name=process.name,
            command=" ".join(map(shlex.quote, command)),
            priority=1 if process.first else 10,
            at_once=str(process.first).lower(),
            stop_signal=process.stop_signal,
            patience=process.patience,
            log=self._log(process),
        )

    def _log(self, process: Process) -> Path:
        return self.home.logs / f"{process.name}.log"


_HEAD = """\
; Written by `make up`. One section a process; what each is started with is in processes.json.
[supervisord]
pidfile={home}/run/supervisord.pid
logfile={home}/log/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
childlogdir={home}/run
; It closes the descriptors below for each process: the open doors are above.
minfds={lowest}
{user}

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:logs]
supervisor.rpcinterface_factory=run.logs:limit_logs
folders={home}/log
    {home}/gateway/logs

; One group: supervisord takes a second to end each.
[group:souk]
programs={names}
"""

_PROGRAM = """
[program:{name}]
command={command}
priority={priority}
autostart={at_once}
autorestart=true
startsecs=2
startretries=20
stopsignal={stop_signal}
stopwaitsecs={patience}
killasgroup=true
; Only for errors before the process writes its log itself.
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=0
"""


def _filled(template: str, **values: object) -> str:
    """Escape percent signs, which supervisor expands."""
    return template.format(**{name: str(value).replace("%", "%%") for name, value in values.items()})


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _is_supervisord(pid: int) -> bool:
    """Return whether the process is supervisord: a stale pid file may name another program."""
    command = Path(f"/proc/{pid}/cmdline")
    try:
        return b"supervisord" in command.read_bytes()
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return False
