"""Real, small processes under supervisor."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from engines.machine import free_port, is_free
from run import ports
from run.layout import Home
from run.logs import LARGEST, cut, limit_logs
from run.processes import Process
from run.supervision import NotRunning, Supervisor
from supervisor import events

FOREVER = "import time\nprint('here', flush=True)\nwhile True: time.sleep(60)"


def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "a folder with spaces and 'quotes'")
    home.path.mkdir()
    home.make()
    return home


@pytest.fixture
def processes(home):
    def process(name, script=FOREVER, **options):
        environment = {"SOUK_SYSTEM": str(home.path), "ODD": "50% of \"this\" \\ and 'that'; even # this"}
        command = [sys.executable, "-c", script]
        return Process(
            name=name, command=command, folder=home.data, environment=environment, check=lambda: "", **options
        )

    odd = "import os, time; print(os.environ['ODD'], flush=True); time.sleep(60)"
    return [process("first", first=True), process("second"), process("odd", odd)]


@pytest.fixture
def supervisor(home, processes):
    supervisor = Supervisor(home)
    supervisor.start(processes)
    supervisor.start_all()
    # Supervisor knows a process from its fork; its environment has the system's mark from its exec.
    until(lambda: len(ports.processes_of(home)) == 1 + len(processes))
    yield supervisor
    supervisor.stop(processes)


def test_all_are_started_and_all_are_stopped(supervisor, processes, home):
    states = supervisor.states()
    assert states.keys() == {"first", "second", "odd"}
    pids = [facts["pid"] for facts in states.values()]
    assert len(ports.processes_of(home)) == 4  # and supervisord
    supervisor.stop(processes)
    assert supervisor.pid is None
    assert ports.processes_of(home) == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_port_stays_open_while_its_process_restarts(home):
    """Clients that connect meanwhile wait for the next process. No other process can take the port."""
    door = ("127.0.0.1", free_port())
    answer = """
import os, socket
here = socket.socket(fileno=3)
here.setblocking(True)
while True:
    client, _ = here.accept()
    client.sendall(str(os.getpid()).encode())
    client.close()
"""
    common = {"folder": home.data, "environment": {"SOUK_SYSTEM": str(home.path)}, "check": lambda: ""}
    keeper = Process(name="keeper", command=[sys.executable, "-c", answer], doors=(door,), **common)
    other = Process(name="other", command=[sys.executable, "-c", FOREVER], **common)
    supervisor = Supervisor(home)
    supervisor.start([keeper, other])
    try:
        supervisor.start_all()
        with socket.create_connection(door, timeout=15) as client:
            first = int(client.recv(100))
        supervisor.stop_process("keeper")
        with socket.create_connection(door, timeout=15) as client:
            supervisor.start_process("keeper")
            assert int(client.recv(100)) == supervisor.states()["keeper"]["pid"] != first
        inode = os.stat(f"/proc/{supervisor.states()['keeper']['pid']}/fd/3").st_ino
        others = Path(f"/proc/{supervisor.states()['other']['pid']}/fd")
        assert inode not in {each.stat().st_ino for each in others.iterdir()}
    finally:
        supervisor.stop([keeper, other])
    assert is_free(door[1])


def test_dependencies_are_started_first(home, processes):
    supervisor = Supervisor(home)
    supervisor.start(processes)
    try:
        until(lambda: supervisor.states()["first"]["pid"])
        assert {name: facts["statename"] for name, facts in supervisor.states().items() if name != "first"} == {
            "second": "STOPPED",
            "odd": "STOPPED",
        }
    finally:
        supervisor.stop(processes)


def test_a_killed_process_comes_back(supervisor):
    killed = supervisor.kill_process("second")
    until(lambda: supervisor.states()["second"]["pid"] not in {0, killed})


def test_an_environment_arrives_letter_by_letter(supervisor, home):
    log = home.logs / "odd.log"
    until(lambda: log.exists() and log.read_text())
    assert log.read_text().strip() == "50% of \"this\" \\ and 'that'; even # this"


def test_a_process_writes_its_log_itself(supervisor, home):
    log = home.logs / "odd.log"
    until(lambda: log.exists() and log.read_text())
    until(lambda: supervisor.states()["second"]["pid"])
    output = Path(f"/proc/{supervisor.states()['second']['pid']}/fd/1")
    assert output.resolve() == (home.logs / "second.log").resolve()


def test_a_log_that_grows_too_large_begins_again_under_its_writer(tmp_path):
    log, small = tmp_path / "orders-web.log", tmp_path / "users-web.log"
    small.write_text("short\n")
    with log.open("a") as writer:
        writer.write("old\n" * 100)
        writer.flush()
        cut(tmp_path, largest=100)
        writer.write("new\n")
    assert log.read_text() == "new\n"
    assert (tmp_path / "orders-web.log.1").read_text() == "old\n" * 100
    assert small.read_text() == "short\n"


def test_the_plug_in_of_supervisord_cuts_the_logs_each_minute(tmp_path, supervisor):
    assert supervisor.states()  # a plug-in that cannot be loaded ends it
    logs = [tmp_path / "log/orders-web.log", tmp_path / "gateway/access.log"]
    for log in logs:
        log.parent.mkdir()
        with log.open("wb") as writer:
            writer.truncate(LARGEST + 1)
    limit_logs(None, folders="\n".join(str(log.parent) for log in logs))
    events.notify(events.Tick60Event(0, None))
    assert [log.stat().st_size for log in logs] == [0, 0]


def test_the_configuration_holds_secrets_and_is_for_its_owner_only(supervisor, home):
    for name in ("supervisord.conf", "processes.json"):
        assert (home.state / name).stat().st_mode & 0o077 == 0


def test_one_process_can_be_stopped_and_started(supervisor):
    supervisor.stop_process("second")
    assert supervisor.states()["second"]["statename"] == "STOPPED"
    supervisor.start_process("second")
    until(lambda: supervisor.states()["second"]["pid"])


def test_processes_of_a_killed_supervisor_are_found_and_ended(supervisor, processes, home):
    # A process that first writes into a closed pipe ends by itself.
    until(lambda: all((home.logs / f"{process.name}.log").read_text() for process in processes))
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: supervisor.pid is None)
    left = ports.processes_of(home)
    assert len(left) == 3
    ports.end(left)
    assert ports.processes_of(home) == []


def test_a_stale_pid_file_is_no_supervisor(home):
    (home.state / "supervisord.pid").write_text(str(os.getpid()))
    supervisor = Supervisor(home)
    assert supervisor.pid is None
    with pytest.raises(NotRunning):
        supervisor.states()


def test_a_process_that_ends_again_and_again_is_counted(home):
    supervisor = Supervisor(home)
    lines = ["INFO supervisord started with pid 1", *["WARN exited: bad (exit status 1; not expected)"] * 3]
    (home.logs / "supervisord.log").write_text("\n".join(lines))
    assert supervisor.failures("bad") == 3
    assert supervisor.failures("good") == 0
    (home.logs / "supervisord.log").write_text("\n".join([*lines, "INFO success: bad entered RUNNING state"]))
    assert supervisor.failures("bad") == 0
