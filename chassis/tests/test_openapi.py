"""The OpenAPI document, which the first requests after a start need at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from chassis.http import parameters

AT_ONCE = 4


@pytest.fixture
def collisions(monkeypatch):
    """The times at which a thread began a document while another thread was making one."""
    found, busy, make = [], threading.Lock(), SchemaGenerator.get_schema

    def alone(*args, **kwargs):
        if not busy.acquire(blocking=False):
            found.append(threading.current_thread().name)
            return make(*args, **kwargs)
        try:
            return make(*args, **kwargs)
        finally:
            busy.release()

    monkeypatch.setattr(SchemaGenerator, "get_schema", alone)
    parameters._declared.cache_clear()
    yield found
    parameters._declared.cache_clear()


@pytest.mark.parametrize(
    ("method", "path", "status"), [("get", "/api/v1/schemas/probe/", 200), ("post", "/api/v1/effects/?unknown=1", 400)]
)
def test_many_first_requests_make_the_document_one_after_another(collisions, method, path, status):
    together = threading.Barrier(AT_ONCE)

    def ask(_):
        together.wait()
        return getattr(Client(), method)(path).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(ask, range(AT_ONCE))) == {status}
    assert collisions == []
