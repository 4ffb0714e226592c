"""The broker comes back empty while consumers or the publisher are away, and every consumer gets every message.

SOUK_REPEAT=100 runs each scenario 100 times.
"""

import itertools
import os

import pytest
from worlds import World

from testkit.processes import wait_until

ROUNDS = range(int(os.environ.get("SOUK_REPEAT", "1")))
#: Messages in a round: some arrive before the loss, some during it, some after it.
EACH = 12


class Shop:
    """A publisher that also reads its own messages, and two other consumers."""

    def __init__(self, folder):
        self.probe = World(folder / "probe", PROBE_HURRY="yes")
        self.mails, self.counts = (
            World(folder / name, name, beside=self.probe, PROBE_HURRY="yes") for name in ("mails", "counts")
        )
        self.all = [self.probe, self.mails, self.counts]
        self.recorded = 0
        self._ways = itertools.cycle([True, False])
        self.running = {}

    def start(self, *worlds):
        for world in worlds:
            self.running[world] = world.worker()

    def stop(self, *worlds):
        for world in worlds:
            self.running.pop(world).kill()

    def record(self):
        self.probe.record("ThingHappened", self.recorded, self.recorded + EACH // 3)
        self.recorded += EACH // 3

    def lose_everything(self):
        """Delete the broker's data, while it runs or by a restart."""
        if next(self._ways):
            self.probe.broker.forget()
        else:
            self.probe.broker.kill()
            self.probe.broker.lose_everything()
            self.probe.broker.start()

    def wait_until_all_is_sent(self):
        """Wait until the relay has recognized the new broker and has published everything."""
        wait_until(lambda: self.is_known(self.probe) and self.probe.all_sent(), seconds=60, what="sending")

    def is_known(self, world):
        """Start workers that have ended, and return whether the relay has written its marker to the new broker."""
        for each, process in self.running.items():
            # As a supervisor does: a worker ends when RabbitMQ does not have its users yet.
            if not process.running:
                self.running[each] = each.worker()
        return world.is_known_to_the_broker()

    def expect_everything_everywhere(self):
        for world in self.all:
            world.expect_effects(self.recorded, seconds=60)

    def end(self):
        for world in reversed(self.all):
            world.end()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("shop"))
    yield made
    made.end()


@pytest.fixture
def everybody(shop):
    """Wait until every service runs and has received everything so far."""
    shop.start(*[world for world in shop.all if world not in shop.running])
    shop.record()
    shop.expect_everything_everywhere()
    return shop


@pytest.mark.parametrize("round_", ROUNDS)
@pytest.mark.parametrize("away", [("mails",), ("mails", "counts")], ids="+".join)
def test_consumers_that_were_away_get_what_was_lost(everybody, away, round_):
    shop = everybody
    absent = [getattr(shop, name) for name in away]
    shop.stop(*absent)
    shop.record()
    shop.lose_everything()
    shop.record()
    shop.wait_until_all_is_sent()
    shop.start(*absent)
    shop.expect_everything_everywhere()


@pytest.mark.parametrize("round_", ROUNDS)
def test_lost_again_when_one_of_them_is_back(everybody, round_):
    shop = everybody
    shop.stop(shop.mails, shop.counts)
    shop.lose_everything()
    shop.record()
    shop.wait_until_all_is_sent()
    shop.start(shop.mails)
    wait_until(lambda: shop.is_known(shop.mails), seconds=60, what="mails on the new broker")
    shop.lose_everything()
    shop.record()
    shop.wait_until_all_is_sent()
    shop.start(shop.counts)
    shop.expect_everything_everywhere()


@pytest.mark.parametrize("round_", ROUNDS)
def test_the_publisher_was_away_and_came_last(everybody, round_):
    shop = everybody
    shop.stop(shop.mails)
    shop.record()
    wait_until(shop.probe.all_sent, what="sending")
    shop.stop(shop.probe)
    shop.lose_everything()
    shop.record()
    shop.start(shop.mails)
    wait_until(lambda: shop.is_known(shop.mails), seconds=60, what="mails on the new broker")
    shop.start(shop.probe)
    shop.expect_everything_everywhere()
