"""Processes that are stopped or hang: other processes do their unfinished work."""

import os
import re
import signal
from pathlib import Path

import pytest
from brokers import REAL
from worlds import World

from testkit.processes import wait_until

#: SOUK_REPEAT=100 stops workers under load 100 times.
ROUNDS = int(os.environ.get("SOUK_REPEAT", "2"))


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, PROBE_HURRY="yes", PROBE_WORK_LIMIT="3")
    yield made
    made.end()


def ended(process, *, seconds=25):
    """Return its exit code once it has ended by itself."""
    wait_until(lambda: not process.running, seconds=seconds, what="its end")
    return process.child.returncode


def minds_sigterm(process):
    """Return whether it has installed its handler of SIGTERM; before that, the signal kills it."""
    caught = re.search(r"SigCgt:\s+(\w+)", Path(f"/proc/{process.child.pid}/status").read_text())
    return bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_workers_that_are_stopped_under_load_lose_nothing(world):
    """Restart the workers in turn, repeatedly, while messages arrive."""
    worker, each = world.worker(), 40
    for number in range(ROUNDS):
        world.record("ThingHappened", number * each, (number + 1) * each)
        wait_until(lambda so_far=number * each: len(world.effects()) > so_far + 2, seconds=60, what="work")
        successor = world.worker(number=2 + number % 2)
        worker.child.terminate()
        assert ended(worker) == 0
        worker = successor
    world.expect_effects(ROUNDS * each, seconds=120)


def test_a_worker_that_is_stopped_gives_back_what_it_cannot_finish(world):
    world.record("ThingHanging", 0, 1)
    worker = world.worker()
    wait_until((world.folder / "hanging").exists, what="a message in hand")
    worker.child.terminate()
    assert ended(worker) == 0
    (world.folder / "cure").touch()
    world.worker()
    world.expect_effects(1)


def test_a_worker_that_stands_still_is_ended_and_its_messages_come_again(world):
    world.record("ThingHanging", 0, 1)
    worker = world.worker()
    wait_until((world.folder / "hanging").exists, what="a message in hand")
    assert ended(worker, seconds=60) == 75
    assert "work_stuck" in (world.folder / "worker.log").read_text()
    (world.folder / "cure").touch()
    world.worker()
    world.expect_effects(1)


def test_a_worker_whose_broker_is_away_stops_when_asked(world):
    worker = world.worker()
    world.record("ThingHappened", 0, 1)
    world.expect_effects(1)
    world.broker.kill()
    worker.child.terminate()
    assert ended(worker) == 0


def test_a_relay_stops_when_asked_with_and_without_a_broker(world):
    first, second = world.relay(), world.relay()
    world.record("ThingHappened", 0, 3)
    wait_until(world.all_sent, what="sending")
    first.child.terminate()
    assert ended(first) == 0
    world.broker.kill()
    second.child.terminate()
    assert ended(second) == 0


def test_beat_stops_when_asked_with_and_without_a_broker(world):
    first, second = world.beat(), world.beat()
    wait_until(lambda: minds_sigterm(first) and minds_sigterm(second), seconds=60, what="two beats")
    first.child.terminate()
    assert ended(first) == 0
    world.broker.kill()
    second.child.terminate()
    assert ended(second) == 0


@pytest.mark.skipif(REAL, reason="only on the embedded Redis, which it stops")
def test_a_broker_that_hangs_longer_than_it_is_waited_for_is_used_again(world):
    """The time limits of received messages, an acknowledgment and a publication are exceeded."""
    world.worker()
    world.record("ThingHappened", 0, 40)
    wait_until(lambda: len(world.effects()) > 5, what="work")
    hanging = world.redis.process.child.pid
    os.kill(hanging, signal.SIGSTOP)
    try:
        world.record("ThingHappened", 40, 80)
        # The `socket_timeout` of the transport is 15 s; the relay logs it.
        wait_until(lambda: "relay_waits" in (world.folder / "worker.log").read_text(), seconds=60, what="a time limit")
    finally:
        os.kill(hanging, signal.SIGCONT)
    world.expect_effects(80, seconds=60)
