"""Each problem document that a test gets is one that the OpenAPI document declares for the operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from django.test import Client

from chassis.http.openapi import Generator
from chassis.http.parameters import path_of
from chassis.http.problems import CONTENT_TYPE


@pytest.fixture(autouse=True)
def _problems_are_declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test whose request gets a problem document that its operation does not declare."""
    request = Client.request
    found: list[str] = []

    def compared(self: Client, **environment: Any) -> Any:
        answer = request(self, **environment)
        found.extend(undeclared(answer))
        return answer

    monkeypatch.setattr(Client, "request", compared)
    yield
    assert not found, "not in OpenAPI, declare by @raises:\n" + "\n".join(sorted(set(found)))


def undeclared(answer: Any) -> Iterator[str]:
    """Yield the operation with the status and code of its answer, if that is an error it does not declare."""
    if not answer.get("Content-Type", "").startswith(CONTENT_TYPE) or not answer.content:
        return
    method, path = answer.wsgi_request.method, path_of(answer.wsgi_request)
    declared = _declared().get((method, path))
    code = json.loads(answer.content)["code"]
    if declared is not None and answer.status_code != 500 and (answer.status_code, code) not in declared:
        yield f"{method} {path}: {answer.status_code} {code}"


@lru_cache(maxsize=1)
def _declared() -> dict[tuple[str, str], set[tuple[int, str]]]:
    """Return status and code of each declared refusal, by method and path."""
    document = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    responses = document["components"].get("responses", {})
    return {
        (method.upper(), path): {
            (int(status), code)
            for status, response in operation["responses"].items()
            if "$ref" in response
            for content in responses[response["$ref"].rpartition("/")[2]]["content"].values()
            for code in content["examples"]
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
