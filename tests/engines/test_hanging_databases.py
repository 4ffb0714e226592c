"""A database that hangs, without closing its connections, is not waited for longer than the client's limit."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
from engines import mariadb, mongodb, postgresql
from run.shopper import until

from chassis.time_limits import ANSWER
from tests.faults.agreement import expect_each_done_once
from tests.faults.asking import place as place_order

#: Seconds between the client's limit and the response, on a busy machine.
SLACK = 15
READS = {"products": "/api/v1/products/", "orders": "/api/v1/orders/", "users": "/api/v1/users/me/"}


@contextmanager
def suspended(*daemons) -> Iterator[None]:
    """Stop all processes of these servers with SIGSTOP for a while."""
    servers = [psutil.Process(daemon.pid) for daemon in daemons]
    everybody = [process for server in servers for process in (server, *server.children(recursive=True))]
    for process in everybody:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in everybody:
            os.kill(process.pid, signal.SIGCONT)


def test_every_service_says_so_in_time_and_goes_on(place, system, shopper, books, cheap_sku):
    def asked(service: str) -> tuple[httpx.Response, float]:
        """Ask the service itself, because the gateway gives up earlier."""
        began = time.monotonic()
        answer = httpx.get(
            system.service_url(service, READS[service]),
            headers={"Authorization": f"Bearer {shopper.tokens['access_token']}"},
            timeout=ANSWER + 2 * SLACK,
        )
        return answer, time.monotonic() - began

    assert {service: asked(service)[0].status_code for service in READS} == dict.fromkeys(READS, 200)
    with (
        suspended(postgresql.daemon(place), mariadb.daemon(place), mongodb.daemon(place)),
        ThreadPoolExecutor() as pool,
    ):
        answers = dict(zip(READS, pool.map(asked, READS), strict=True))
    for service, (answer, seconds) in answers.items():
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable"), service
        assert seconds < ANSWER + SLACK, service
        until(lambda service=service: asked(service)[0].status_code == 200, what=f"{service} answering again")
    order = place_order(shopper, cheap_sku)
    expect_each_done_once(shopper, books, [order])
