"""The OpenAPI document, which the first requests after a start need at the same time."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from chassis.http import parameters
from chassis.http.openapi import Generator
from testkit.declared_refusals import undeclared

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


def _declared(status):
    """The examples of the problem documents with this status that the probe's POST declares, by their code."""
    document = Generator().get_schema(request=None, public=True)
    reference = document["paths"]["/api/v1/effects/"]["post"]["responses"][status]["$ref"]
    response = document["components"]["responses"][reference.rpartition("/")[2]]
    return {code: one["value"] for code, one in response["content"]["application/problem+json"]["examples"].items()}


def test_a_declared_error_stands_in_the_document_as_it_is_answered(db, api):
    answer = api().post("/api/v1/effects/", {"name": "refused"}, HTTP_IDEMPOTENCY_KEY="one")
    assert _declared("409")["effect_refused"] == answer.json()


def test_the_errors_of_every_operation_and_of_its_idempotency_key_are_in_the_document():
    assert _declared("409").keys() == {"effect_refused", "request_still_running"}
    assert _declared("422").keys() == {"idempotency_key_reused"}
    assert _declared("401").keys() == {"invalid_token", "not_authenticated", "session_ended"}
    assert _declared("400").keys() == {"bad_request", "invalid_input", "parse_error"}


def test_an_error_that_is_not_declared_is_found_in_the_answer(db, api):
    answer = api().post("/api/v1/effects/", {"name": "refused"}, HTTP_IDEMPOTENCY_KEY="one")
    assert list(undeclared(answer)) == []
    answer.content = json.dumps({**answer.json(), "code": "something_new"})
    assert list(undeclared(answer)) == ["POST /api/v1/effects/: 409 something_new"]


def test_a_format_that_a_view_does_not_have_is_refused_by_name(db, api):
    answer = api().post("/api/v1/effects/?format=xml", {"name": "one"}, HTTP_IDEMPOTENCY_KEY="one")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["format"]
