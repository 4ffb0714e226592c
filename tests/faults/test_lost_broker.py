"""The broker loses its data while the worker that sends mails is down; no mail is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from engines import rabbitmq
from kombu import Connection
from run.addresses import Real
from run.layout import SERVICES
from run.shopper import Shopper, new_shopper, until
from run.system import System

from tests.faults.agreement import expect_each_done_once
from tests.faults.asking import place

ABSENT = "notifications"
EACH = 4


class Broker:
    """The system's broker: RabbitMQ, or the embedded Redis."""

    def __init__(self, system: System) -> None:
        self._addresses = system.settings.addresses

    def lose_everything(self) -> None:
        if isinstance(self._addresses, Real):
            rabbitmq.empty(self._addresses.place)
        else:
            redis.Redis.from_url(self._url("orders")).flushdb()

    def knows(self, service: str) -> bool:
        """Return whether the service's marker is on the broker."""
        with Connection(self._url(service)) as connection, connection.channel() as channel:
            try:
                return bool(channel.queue_declare(f"{service}_marker", passive=True).message_count)
            except connection.channel_errors:
                return False

    def _url(self, service: str) -> str:
        return self._addresses.of(service)["BROKER_URL"]


@pytest.fixture
def broker(system: System) -> Broker:
    return Broker(system)


@pytest.fixture
def buyer(system: System) -> Shopper:
    return new_shopper(system.url(""), system.service_url("sandbox", ""))


@pytest.fixture
def nobody_mails(system: System, buyer: Shopper, shopper: Shopper) -> Iterator[None]:
    """Stop the worker after the registration mails have arrived."""
    system.stop_process(f"{ABSENT}-worker")
    yield
    system.supervisor.start_all()
    system.wait_for(f"{ABSENT}-worker")


def delivered(buyer: Shopper, sku: str) -> list[str]:
    """Place some orders and wait for their delivery; return their ids."""
    ids = [place(buyer, sku) for _ in range(EACH)]
    for order_id in ids:
        buyer.wait_for(order_id, "delivered", seconds=120)
    return ids


@pytest.mark.usefixtures("nobody_mails")
def test_each_mail_comes_once_when_the_broker_was_lost_while_nobody_mailed(
    system: System, broker: Broker, buyer: Shopper, books: Callable[[str], dict], cheap_sku: str
) -> None:
    before = delivered(buyer, cheap_sku)
    broker.lose_everything()
    others = [service for service in SERVICES if service != ABSENT]
    until(lambda: all(map(broker.knows, others)), seconds=90, what="all others on the new broker")
    after = delivered(buyer, cheap_sku)
    assert not broker.knows(ABSENT), "nobody has asked for what its queue missed"
    system.start_process(f"{ABSENT}-worker")
    expect_each_done_once(buyer, books, before + after)
