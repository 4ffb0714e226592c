"""Each web process is restarted while customers read and buy."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
from run import health
from run.layout import SERVICES
from run.processes import web
from run.shopper import Refused, new_shopper, until
from run.system import System

from tests.restarts.conftest import further_port

#: Seconds between SIGTERM and the end.
DRAINED = 25.0
READS = [
    "/api/v1/users/me/",
    "/api/v1/products/",
    "/api/v1/orders/",
    "/api/v1/payments/",
    "/api/v1/shipments/",
    "/api/v1/notifications/",
    "/api/v1/reviews/mine/",
]


class Customers:
    """Readers of every service, and a buyer whose orders carry a key; `answers` collects the responses."""

    def __init__(self, system: System, sku: str) -> None:
        self.buyer = new_shopper(system.url(""), system.service_url("sandbox", ""))
        self.sku = sku
        self.url = system.url("")
        self.stop = threading.Event()
        self.answers: list[httpx.Response | Refused | httpx.HTTPError] = []
        self.orders: list[str] = []
        self.done = 0

    def read(self, path: str) -> None:
        headers = {"Authorization": f"Bearer {self.buyer.tokens['access_token']}"}
        with httpx.Client(base_url=self.url, timeout=40, trust_env=False, headers=headers) as client:
            while not self.stop.is_set():
                self._note(lambda: client.get(path))
                time.sleep(0.05)

    def buy(self) -> None:
        while not self.stop.is_set():
            checkout = self._until_it_is_done(partial(self.buyer.checkout, (self.sku, 1)))
            placed = self._until_it_is_done(partial(self.buyer.place, checkout, key=uuid4().hex))
            self.orders.append(placed["id"])

    def _until_it_is_done(self, ask: Callable[[], Any]) -> Any:
        while True:
            try:
                return ask()
            except (Refused, httpx.HTTPError) as error:
                self.answers.append(error)
                time.sleep(0.2)

    def _note(self, ask: Callable[[], httpx.Response]) -> None:
        try:
            answer = ask()
        except httpx.HTTPError as error:
            self.answers.append(error)
        else:
            self.done += 1
            if answer.status_code != 200:
                self.answers.append(answer)


@contextmanager
def customers(system: System, sku: str) -> Iterator[Customers]:
    here = Customers(system, sku)
    threads = [threading.Thread(target=here.read, args=[path]) for path in READS]
    threads.append(threading.Thread(target=here.buy))
    for thread in threads:
        thread.start()
    until(lambda: here.done > 3 * len(READS) and here.orders, what="reading and buying")
    assert here.answers == [], "before anything is restarted"
    try:
        yield here
    finally:
        here.stop.set()
        for thread in threads:
            thread.join()
    assert len(set(here.orders)) == len(here.orders)


@pytest.fixture
def second(system: System) -> Iterator[dict[str, Callable[[], subprocess.Popen[bytes]]]]:
    """Return a function that starts a service's second instance, which the test ends."""
    running: dict[str, subprocess.Popen[bytes]] = {}

    def start(service: str) -> subprocess.Popen[bytes]:
        port = further_port(service)
        made = web(service, system.settings, port)
        log = (system.home.logs / f"{service}-web-2.log").open("ab")
        running[service] = subprocess.Popen(made.command, cwd=made.folder, env=made.environment, stderr=log, stdout=log)
        until(lambda: not health.http(f"http://127.0.0.1:{port}/health/ready"), seconds=60, what=f"{service} beside")
        return running[service]

    for service in SERVICES:
        start(service)
    yield {
        service: lambda service=service: _restarted(running[service], lambda: start(service)) for service in SERVICES
    }
    for process in running.values():
        process.kill()
        process.wait()


def _restarted(process: subprocess.Popen[bytes], start: Callable[[], Any]) -> Any:
    os.kill(process.pid, signal.SIGTERM)
    process.wait(DRAINED)
    return start()


def restart(system: System, service: str) -> None:
    began = time.monotonic()
    system.stop_process(f"{service}-web")
    assert time.monotonic() - began < DRAINED
    system.start_process(f"{service}-web")
    system.wait_for(f"{service}-web")


def test_with_two_instances_nobody_notices(system: System, cheap_sku: str, second) -> None:
    with customers(system, cheap_sku) as here:
        for service in SERVICES:
            restart(system, service)
            second[service]()
    assert [_told(answer) for answer in here.answers] == []


def test_with_one_instance_nothing_is_worse_than_503_with_a_time_to_come_back(system: System, cheap_sku: str) -> None:
    with customers(system, cheap_sku) as here:
        for service in SERVICES:
            restart(system, service)
        before = len(here.orders)
        until(lambda: len(here.orders) > before, what="an order after the last restart")
    for answer in here.answers:
        assert not isinstance(answer, httpx.HTTPError), _told(answer)
        status = answer.status if isinstance(answer, Refused) else answer.status_code
        problem = answer.problem if isinstance(answer, Refused) else answer.json()
        assert (status, problem["code"]) == (503, "unavailable"), _told(answer)
        if isinstance(answer, httpx.Response):
            assert int(answer.headers["Retry-After"]) >= 1


def test_while_the_gateway_itself_restarts_everybody_waits_and_nobody_is_refused(system: System) -> None:
    """New connections, each for one request: one that is kept may end at any moment."""
    answers: list[str] = []
    done, stop = threading.Event(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                answer = httpx.get(system.url("/api/v1/products/"), timeout=40, trust_env=False)
                answers.append("" if answer.status_code == 200 else answer.text)
            except httpx.HTTPError as error:
                answers.append(repr(error))
            done.set()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        done.clear()
        system.restart("gateway")
        assert done.wait(30)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {""}


def _told(answer: httpx.Response | Refused | httpx.HTTPError) -> str:
    if isinstance(answer, httpx.Response):
        return f"{answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
    return repr(answer)
