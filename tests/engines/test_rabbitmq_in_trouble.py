"""RabbitMQ is killed, or rejects every message, while customers order."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from engines import rabbitmq
from run.shopper import new_shopper, until

from tests.faults.agreement import expect_each_done_once
from tests.faults.asking import place as place_order

ORDERS = int(os.environ.get("SOUK_TEST_ORDERS", "60"))
ALARM_SECONDS = 20


@pytest.fixture
def buyer(system):
    return new_shopper(system.url(""), system.service_url("sandbox", ""))


@pytest.fixture
def sku(system, cheap_sku):
    system.set_stock(cheap_sku, 10 * ORDERS)  # every order finds its unit
    return cheap_sku


@pytest.fixture
def alarm(place):
    """`alarm(True)`: RabbitMQ raises its memory alarm and accepts no message."""

    def ring(on: bool) -> None:
        limit = "1MB" if on else "512MB"
        rabbitmq.ctl(place, "set_vm_memory_high_watermark", "absolute", limit)
        until(lambda: bool(alarms(place)) == on, what="the alarm" if on else "the end of the alarm")

    yield ring
    ring(False)


def alarms(place):
    return rabbitmq.ctl(place, "eval", "rabbit_alarm:get_alarms().").strip().removeprefix("[]")


def test_killed_and_back_in_the_middle_of_orders(place, system, buyer, books, sku):
    broker = rabbitmq.daemon(place)
    with ThreadPoolExecutor(4) as pool:
        orders = [pool.submit(place_order, buyer, sku) for _ in range(ORDERS)]
        until(lambda: sum(order.done() for order in orders) >= ORDERS // 4, seconds=120, what="a quarter of the orders")
        broker.kill()
        # Placing an order does not need it.
        until(lambda: sum(order.done() for order in orders) >= ORDERS // 2, seconds=120, what="half of the orders")
        assert broker.pid is None
        broker.start()
        ids = [order.result() for order in orders]
    assert len(set(ids)) == ORDERS
    expect_each_done_once(buyer, books, ids)
    assert system.unhealthy() == {}


def test_a_memory_alarm_blocks_the_relay_and_no_web_request(system, buyer, books, alarm, sku):
    alarm(True)
    ids, slowest, end = [], 0.0, time.monotonic() + ALARM_SECONDS
    while time.monotonic() < end or not ids:
        began = time.monotonic()
        ids.append(place_order(buyer, sku))
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(1)
    assert slowest < 10, "a blocked publish would wait for its time limit"
    assert {buyer.order_now(order_id)["status"] for order_id in ids} == {"pending"}, "no message got through"
    assert not {process for process in system.unhealthy() if process.endswith("-web")}
    alarm(False)
    expect_each_done_once(buyer, books, ids)
