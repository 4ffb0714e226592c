"""Worker, relay and beat: a probe detects that they hang, and Prometheus reads their counters."""

import json
import os
import signal
import time
import urllib.request
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from worlds import World

from chassis import heartbeat
from chassis.core.env import BadEnvironment, Env
from chassis.jobs.beat import Scheduler
from chassis.outbox.relay import Relay
from chassis.settings import metrics_listen
from testkit.processes import Process, free_port, python, wait_until


@pytest.fixture
def files(settings, tmp_path, monkeypatch):
    """Return the file of each role's sign of life."""
    monkeypatch.setattr(heartbeat, "_touched", {})
    settings.HEARTBEAT_DIR = str(tmp_path)
    return {role: tmp_path / f"souk-probe-{role}.alive" for role in heartbeat.ROLES}


def alive(role):
    told = StringIO()
    call_command("alive", role, stdout=told)
    return told.getvalue()


@pytest.mark.parametrize("role", heartbeat.ROLES)
def test_a_role_is_alive_as_long_as_it_beats(files, role):
    with pytest.raises(CommandError, match="no heartbeat"):
        alive(role)
    heartbeat.beat(role)
    assert "alive" in alive(role)
    long_ago = time.time() - 61
    os.utime(files[role], (long_ago, long_ago))
    with pytest.raises(CommandError, match="61 s old"):
        alive(role)


def test_a_folder_that_cannot_be_written_stops_no_loop(files, settings):
    settings.HEARTBEAT_DIR = "/nowhere"
    heartbeat.beat("worker")
    with pytest.raises(CommandError):
        alive("worker")


@pytest.mark.django_db
def test_each_tick_of_the_beat_and_each_pass_of_the_relay_is_a_sign_of_life(files, monkeypatch):
    monkeypatch.setattr(Scheduler, "_check_clock", lambda self: 1 / 0)
    Scheduler.tick(Scheduler.__new__(Scheduler))
    assert "alive" in alive("beat")

    class Once:
        asked = False

        def is_set(self):
            self.asked, before = True, self.asked
            return before

        def wait(self, seconds):
            return True

    monkeypatch.setattr(Relay, "_pass", lambda self, stop: 1 / 0)
    Relay([]).forever(Once())
    assert "alive" in alive("relay")


@pytest.mark.parametrize("wrong", ["9100", ":9100", "localhost", "localhost:", "localhost:99999", "localhost:x"])
def test_an_address_to_listen_at_that_is_none_is_refused_at_the_start(wrong):
    with pytest.raises(BadEnvironment, match="METRICS_LISTEN"):
        metrics_listen(Env({"METRICS_LISTEN": wrong}))


def metrics(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        return answer.read().decode()


def lines_of_json(log):
    found = [line for line in log.read_text().splitlines() if line.startswith("{")]
    assert found
    return found


def probe(world, role):
    """Return the exit code of a container's probe."""
    process = Process(
        python("-m", "django", "alive", role, "--within", "4"), log=world.folder / "alive.log", env=world.env
    )
    return process.child.wait()


def test_a_worker_tells_what_it_has_counted_and_a_stopped_one_is_not_alive(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    world = World(tmp_path, METRICS_LISTEN=address, HEARTBEAT_DIR=str(tmp_path), SOUK_VERSION="v7")
    try:
        worker = world.worker()
        world.record("ThingHappened", 0, 3)
        world.expect_effects(3)
        told = metrics(address)
        assert 'souk_messages_received_total{outcome="done",type="thing.happened.v1"} 3.0' in told
        assert "souk_job_runs_total" in told
        assert 'souk_build_info{service="probe",version="v7"} 1.0' in told
        assert all(json.loads(line)["version"] == "v7" for line in lines_of_json(tmp_path / "worker.log"))
        assert [probe(world, role) for role in heartbeat.ROLES] == [0, 0, 0]
        os.kill(worker.child.pid, signal.SIGSTOP)
        wait_until(lambda: probe(world, "worker") == 1, what="the probe to fail")
        os.kill(worker.child.pid, signal.SIGCONT)
        wait_until(lambda: probe(world, "worker") == 0, what="the probe to succeed")
    finally:
        world.end()


@pytest.mark.parametrize(("role", "other"), [("relay", "beat"), ("beat", "relay")])
def test_a_relay_or_beat_of_its_own_tells_what_it_has_counted(tmp_path, role, other):
    address = f"127.0.0.1:{free_port()}"
    world = World(tmp_path, METRICS_LISTEN=address, HEARTBEAT_DIR=str(tmp_path))
    try:
        getattr(world, role)()
        wait_until(lambda: probe(world, role) == 0, what="a sign of life")
        assert "souk_oldest_work_seconds" in metrics(address)
        assert probe(world, other) == 1
    finally:
        world.end()
