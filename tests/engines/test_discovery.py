"""The gateway follows Consul when instances join and leave, and readers do not notice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from engines import consul
from engines.machine import free_port
from engines.place import Place
from run.layout import ROOT, SERVICES
from run.shopper import Refused, Shopper, new_shopper, until
from run.system import System

#: Seconds in which the gateway must learn of a new or a dead instance.
HEARD = 5.0
#: Seconds for which Consul hangs, and for which it is stopped.
HUNG, AWAY = 10, 40
#: Seconds after which a customer disconnects and repeats the request.
IMPATIENT = 0.05
#: Seconds for an order on a busy machine; less than any time limit involved.
SLOW = 8.0


def registered(place: Place, service: str) -> dict[str, str]:
    """Return the status of the check by address."""
    return {one["address"]: one["status"] for one in consul.instances(place) if one["service"] == service}


def answered(system: System, port: int) -> list[float]:
    """Return when the instance on that port got requests, from the gateway's access log; seconds since 1970."""
    lines = map(json.loads, (system.home.gateway / "logs/access.log").read_text().splitlines())
    return [datetime.fromisoformat(line["at"]).timestamp() for line in lines if f":{port}" in line["upstream"]]


@contextmanager
def readers(system: System, number: int = 2) -> Iterator[list[str]]:
    """Read products repeatedly, bypassing the cache, and yield the list of failures."""
    wrong: list[str] = []
    stop = threading.Event()

    def read() -> None:
        # A request with a cookie bypasses the cache.
        cookies = {"theme": "dark"}
        with httpx.Client(base_url=system.url(""), timeout=10, trust_env=False, cookies=cookies) as client:
            while not stop.is_set():
                try:
                    answer = client.get("/api/v1/products/")
                except httpx.HTTPError as error:
                    wrong.append(repr(error))
                else:
                    if answer.status_code != 200:
                        wrong.append(f"{answer.status_code} {answer.text[:200]}")

    threads = [threading.Thread(target=read) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def second_instance(system: System) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a second instance as a person would by hand."""
    port = free_port()
    command = [sys.executable, "-m", "run", "instance", "products", f"--port={port}", f"--home={system.home.path}"]
    process = subprocess.Popen(command, cwd=ROOT / "local", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process, port
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def second(place: Place, system: System) -> Iterator[tuple[subprocess.Popen[bytes], int, list[str]]]:
    """A second instance that has received requests, while readers continue."""
    with readers(system) as wrong, second_instance(system) as (process, port):
        until(lambda: registered(place, "products").get(f"127.0.0.1:{port}") == "passing", what="a good check")
        began = time.time()
        until(lambda: answered(system, port), what="a share of the traffic")
        assert answered(system, port)[0] - began < HEARD
        yield process, port, wrong


def well(place: Place, service: str) -> set[str]:
    """Return the addresses of healthy instances; a killed one stays in the list for a minute or two."""
    return {address for address, status in registered(place, service).items() if status == "passing"}


def test_every_service_is_registered_and_well(place: Place, system: System) -> None:
    for service in SERVICES:
        address = f"127.0.0.1:{system.ports.of(service)}"
        until(lambda service=service, address=address: well(place, service) == {address}, what=f"{service}, and well")


def test_a_killed_instance_loses_its_traffic_and_nobody_notices(place, system, second) -> None:
    process, port, wrong = second
    killed_at = time.time()
    process.kill()
    until(lambda: registered(place, "products").get(f"127.0.0.1:{port}") != "passing", what="a bad check")
    until(lambda: time.time() > killed_at + HEARD + 3, what="some more reading")
    assert answered(system, port)[-1] - killed_at < HEARD + 1  # the log has whole seconds
    assert wrong == []


def test_a_stopped_instance_leaves_first_and_nobody_notices(place, system, second) -> None:
    process, port, wrong = second
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(20) == 0
    assert f"127.0.0.1:{port}" not in registered(place, "products")
    ended_at = time.time()
    until(lambda: time.time() > ended_at + 2, what="some more reading")
    assert answered(system, port)[-1] <= ended_at
    assert wrong == []


def test_consul_may_die_and_come_back_and_nobody_notices(place, system) -> None:
    daemon = consul.daemon(place)
    with readers(system) as wrong:
        daemon.kill()
        killed_at = time.time()
        until(lambda: time.time() > killed_at + 3, what="some reading without Consul")
        daemon.start()
        test_every_service_is_registered_and_well(place, system)
    assert wrong == []


def order_placed(buyer: Shopper, checkout: dict, key: str) -> bool:
    """Return whether the order was placed; not while the request of a disconnected client is still running."""
    try:
        buyer.place(checkout, key=key)
    except Refused as refused:
        if refused.code != "request_still_running":
            raise
        return False
    return True


def ordered_impatiently(buyer: Shopper, sku: str) -> None:
    """Place an order, disconnecting at once and repeating the request with the same key until it is answered."""
    checkout, key = buyer.checkout((sku, 1)), uuid4().hex
    patient, buyer.http.timeout = buyer.http.timeout, IMPATIENT
    with suppress(httpx.TimeoutException):
        buyer.place(checkout, key=key)
    buyer.http.timeout = patient
    until(lambda: order_placed(buyer, checkout, key), seconds=120, what="an answer")


@contextmanager
def buyers(system: System, sku: str, number: int = 3) -> Iterator[tuple[list[float], list[str]]]:
    """Place orders repeatedly; yield the seconds that each took, and the failures."""
    took: list[float] = []
    wrong: list[str] = []
    stop = threading.Event()

    def buy(buyer: Shopper) -> None:
        while not stop.is_set():
            began = time.monotonic()
            try:
                ordered_impatiently(buyer, sku)
            except (AssertionError, Refused, httpx.HTTPError) as error:
                wrong.append(f"{error!r} after {time.monotonic() - began:.1f} s")
            took.append(time.monotonic() - began)

    shoppers = [new_shopper(system.url(""), system.service_url("sandbox", "")) for _ in range(number)]
    threads = [threading.Thread(target=buy, args=[shopper]) for shopper in shoppers]
    for thread in threads:
        thread.start()
    try:
        yield took, wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_orders_go_on_while_consul_hangs_is_dead_and_comes_back(place, system, cheap_sku):
    system.set_stock(cheap_sku, 10_000)
    daemon = consul.daemon(place)
    with buyers(system, cheap_sku) as (took, wrong):
        until(lambda: len(took) > 6, what="orders")
        os.kill(daemon.pid, signal.SIGSTOP)
        hung_at = time.time()
        until(lambda: time.time() > hung_at + HUNG, seconds=HUNG + 5, what="orders while Consul hangs")
        daemon.kill()
        until(lambda: time.time() > hung_at + AWAY, seconds=AWAY, what="orders without Consul")
        daemon.start()
        test_every_service_is_registered_and_well(place, system)
    assert wrong == []
    assert max(took) < SLOW


def test_instances_register_again_when_consul_has_forgotten_them_and_nobody_notices(place, system) -> None:
    with readers(system) as wrong:
        consul.empty(place)
        emptied_at = time.time()
        test_every_service_is_registered_and_well(place, system)
        until(lambda: time.time() > emptied_at + HEARD, what="some reading by what the gateway has heard")
    assert wrong == []


def test_without_consul_the_gateway_reads_its_own_file(place: Place, system: System, tmp_path: Path) -> None:
    environment = system.settings.gateway() | {"CONSUL_DNS": "", "GATEWAY_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "render"], env=environment, cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "upstreams.conf").read_text()
    assert f"server 127.0.0.1:{system.ports.of('products')} " in text
    assert "resolve" not in text
