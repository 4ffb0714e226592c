"""Faults: real workers and a real broker that are killed with SIGKILL."""

import pytest
from brokers import REAL
from worlds import World

from testkit.processes import wait_until


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.end()


def test_killed_between_commit_and_publish(world):
    world.record("ThingHappened", 0, 30, then="import os; os.kill(os.getpid(), 9)")
    assert world.effects() == []
    world.worker()
    world.expect_effects(30)


def test_killed_in_the_middle_of_handling(world):
    worker = world.worker()
    world.record("ThingKilled", 0, 5)
    wait_until(lambda: not worker.running, what="the worker's death")
    world.worker()
    world.expect_effects(5)


def test_killed_between_effect_and_acknowledgment(world):
    worker = world.worker()
    world.record("ThingUnacknowledged", 0, 5)
    wait_until(lambda: not worker.running, what="the worker's death")
    world.worker()
    world.expect_effects(5)


def test_workers_and_relays_killed_under_load(world):
    first, _, relay = world.worker(), world.worker(number=2), world.relay()
    world.record("ThingHappened", 0, 300)
    wait_until(lambda: len(world.effects()) > 40, what="work")
    first.kill()
    relay.kill()
    world.worker(number=3)
    world.record("ThingHappened", 300, 400)
    world.expect_effects(400, seconds=240)


def test_the_broker_goes_away_and_comes_back(world):
    world.worker()
    world.record("ThingHappened", 0, 10)
    world.expect_effects(10)
    world.broker.kill()
    world.record("ThingHappened", 10, 60)
    world.broker.start()
    world.expect_effects(60, seconds=90)


def test_the_broker_comes_back_empty(world):
    relay = world.relay()
    world.record("ThingHappened", 0, 40)
    wait_until(world.all_sent, what="everything sent")
    assert world.effects() == [], "nobody has read them yet"
    world.broker.kill()
    world.broker.lose_everything()
    world.broker.start()
    world.worker(relay=False)
    world.expect_effects(40, seconds=90)
    assert relay.running


def test_the_broker_forgets_everything_while_we_are_connected(world):
    world.worker()
    world.record("ThingHappened", 0, 5)
    world.expect_effects(5)
    world.broker.forget()
    world.record("ThingHappened", 5, 25)
    world.expect_effects(25, seconds=90)


def test_a_poison_message_is_parked_and_replayed_by_command_line(world):
    world.worker()
    world.record("ThingPoisoned", 0, 1)
    world.record("ThingHappened", 1, 5)
    wait_until(lambda: len(world.effects()) == 4, what="the neighbors")
    wait_until(
        lambda: world.rows("SELECT 1 FROM inbox_failedmessage WHERE parked_at IS NOT NULL"), seconds=60, what="parking"
    )
    (world.folder / "cure").write_text("")
    world.run("-m", "django", "replay", "--all")
    world.expect_effects(5)
    assert world.rows("SELECT 1 FROM inbox_failedmessage") == []


def test_a_message_that_kills_its_process_is_parked_and_its_neighbors_are_not(world):
    """Messages that the same process held are tried alone, too, and succeed."""
    world.worker()
    world.record("ThingDeadly", 0, 1)
    world.record("ThingHappened", 1, 20)

    def parked() -> bool:
        if not world.processes[-1].running:
            world.worker()
        return bool(world.rows("SELECT 1 FROM inbox_failedmessage WHERE parked_at IS NOT NULL"))

    wait_until(parked, seconds=240, what="parking")
    wait_until(lambda: len(world.effects()) == 19, what="its neighbors")
    ((type_, error),) = world.rows("SELECT type, error FROM inbox_failedmessage")
    assert type_ == "thing.deadly.v1"
    assert "The worker died while handling" in error
    (world.folder / "cure").write_text("")
    world.run("-m", "django", "replay", "--all")
    world.expect_effects(20)


@pytest.mark.skipif(not REAL, reason="only on RabbitMQ: Redis has no queue that could be deleted")
def test_a_queue_that_is_deleted_under_its_consumer_comes_back(world):
    """It is created again, and its lost messages are requested from the publishers."""
    worker = world.worker()
    world.record("ThingHappened", 0, 10)
    world.expect_effects(10)
    world.broker.delete("probe_messages")
    world.record("ThingHappened", 10, 15)
    wait_until(world.all_sent, what="everything sent")
    world.record("ThingHappened", 15, 20)
    world.expect_effects(20)
    assert worker.running
