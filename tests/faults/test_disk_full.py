"""A full disk: writes are refused and repeated, and everything continues afterwards.

On a small disk in memory, which only root may mount.
"""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import contextmanager

import httpx
import pytest
from run.shopper import Refused, new_shopper, until
from run.system import System

from tests.books import books as books_of
from tests.faults.agreement import expect_each_done_once
from tests.faults.asking import place
from tests.faults.conftest import SETTINGS

SECONDS = 25
ORDERS = 6

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700m,mode=755", "souk-test", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.fixture
def system(small_disk):
    base = int(os.environ.get("SOUK_TEST_PORT_BASE", "18080")) + 100
    with System(small_disk / "souk", base, SETTINGS, tell=print) as started:
        yield started


@contextmanager
def full(disk):
    """Fill the disk completely and keep it full."""
    stop, path = threading.Event(), disk / "everything"

    def fill():
        with path.open("ab", buffering=0) as file:
            while not stop.is_set():
                for size in (1 << 20, 4096):
                    try:
                        while file.write(b"\0" * size) == size:
                            pass
                    except OSError:
                        continue
                stop.wait(0.05)

    filling = threading.Thread(target=fill)
    filling.start()
    try:
        yield
    finally:
        stop.set()
        filling.join()
        path.unlink()


def what_customers_are_told(shopper, sku):
    """Return each write's status, or how its connection ended."""
    line = {"sku": sku, "quantity": 1}
    for ask in (
        lambda: shopper.quote([line]),
        lambda: shopper.post("/api/v1/cart/lines/", line),
        lambda: shopper.get("/api/v1/cart/"),
        lambda: shopper.get("/api/v1/orders/"),
        lambda: shopper.get("/api/v1/products/"),
    ):
        try:
            ask()
            yield 200
        except Refused as error:
            yield error.status
        except httpx.HTTPError as error:
            yield repr(error)


def test_a_full_disk_is_said_and_passes(small_disk, system):
    shopper = new_shopper(system.url(""), system.service_url("sandbox", ""))
    sku = next(iter(shopper.variants()))
    system.set_stock(sku, 10 * ORDERS)
    ids = [place(shopper, sku) for _ in range(ORDERS)]
    told = []
    with full(small_disk):
        end = threading.Event()
        threading.Timer(SECONDS, end.set).start()
        while not end.is_set():
            told += what_customers_are_told(shopper, sku)
            end.wait(0.5)
    assert set(told) <= {200, 503}, {each: told.count(each) for each in set(told)}
    until(lambda: not system.unhealthy(), seconds=90, what="everybody's health")
    ids += [place(shopper, sku) for _ in range(ORDERS)]
    expect_each_done_once(shopper, lambda name: books_of(system, name), ids)
