"""Send invalid requests to the service under test and check the responses."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from chassis.outbox.models import OutboxMessage

_INSIDE = re.compile(
    r"Traceback|File \\?\"|site-packages|\.py\b|django\.|sqlite|psycopg|pymongo|MySQL|IntegrityError|DoesNotExist"
    r"|\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM) \W|<class '|0x[0-9a-f]{8}|/home/|/work/"
)
JSON = "application/json"
Callers = Mapping[str, Client]


@dataclass(frozen=True)
class Case:
    """One request. `about`: its fault; `at`: the field of the body that has it."""

    role: str
    method: str
    url: str
    about: str
    body: bytes = b""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    weight: int = 1  # a case of weight 3 is left out three times as often


class Attacks:
    """Sends cases, each in its own savepoint, and collects the faults of the responses."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.logged: list[str] = []
        self._clients = 0

    def all(self, cases: list[Case], at_most: int) -> None:
        """Send all cases, or a sample that prefers the customer's."""
        if len(cases) > at_most:
            chance = random.Random(at_most)
            weight = {"customer": 1}
            cases = sorted(cases, key=lambda one: chance.random() * one.weight * weight.get(one.role, 4))[:at_most]
        for case in cases:
            with undone():
                self.send(case)
        print(f"{sum(self.answers.values())} requests: {dict(sorted(self.answers.items()))}")
        assert not self.wrong, f"{len(self.wrong)} of {len(cases)}:\n" + "\n".join(self.wrong[:40])

    def send(self, case: Case) -> Any:
        writes = case.method not in ("GET", "HEAD", "OPTIONS")
        # Not every engine rolls back the messages of an earlier case.
        told = OutboxMessage.objects.count() if writes else 0
        answer = self.request(case)
        problem = self._problem_with(case, answer)
        if not problem and writes and answer.status_code >= 400 and OutboxMessage.objects.count() != told:
            problem = "refused, but told to others"
        if problem:
            said = f"{answer.content[:200]!r} {self.logged[-1:]}"
            self.wrong.append(f"{case.method} {case.url[:150]} by {case.role}, {case.about}: {problem}; {said}")
        return answer

    def request(self, case: Case) -> Any:
        self._clients += 1  # its own network address, so that no rate limit refuses it
        address = f"10.{self._clients >> 16 & 255}.{self._clients >> 8 & 255}.{self._clients & 255}"
        headers: dict[str, Any] = {"HTTP_ACCEPT": JSON, "HTTP_X_REAL_IP": address, **case.headers}
        self.logged.clear()
        client = self.callers[case.role]
        client.raise_request_exception = False
        answer = client.generic(case.method, case.url, case.body, content_type=case.media_type, **headers)
        self.answers[answer.status_code] += 1
        return answer

    def _problem_with(self, case: Case, answer: Any) -> str:
        status = answer.status_code
        if status >= 500:
            return f"status {status}"
        if any(name in answer.headers for name in ("Server", "X-Powered-By")) or _secrets_in(answer, case):
            return f"headers {dict(answer.headers)}"
        page = "HTTP_ACCEPT" in case.headers and answer.headers.get("Content-Type", "").startswith("text/html")
        if status < 400 or case.method == "HEAD" or page:
            return ""
        if inside := _INSIDE.search(answer.content.decode(errors="replace")):
            return f"shows {inside.group()!r}"
        return _document_problem(case, answer)


def _document_problem(case: Case, answer: Any) -> str:
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return f"Content-Type {answer.headers.get('Content-Type')}"
    try:
        document = json.loads(answer.content)
    except ValueError:
        return "not JSON"
    if document["status"] != answer.status_code or not document["code"] or not isinstance(document["detail"], str):
        return "not a whole problem document"
    if len(answer.content) > 100_000:
        return f"{len(answer.content)} bytes"
    if document["code"] == "invalid_input":
        named = [error["field"] for error in document["errors"] if error["code"] and error["detail"]]
        if not named or not any(name.partition(".")[0] == case.at for name in named if case.at):
            return f"names {named[:5]}" if case.at or not named else ""
    return ""


def _secrets_in(answer: Any, case: Case) -> bool:
    said: str = " ".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "Location")
    secrets = [str(settings.SECRET_KEY), case.headers.get("HTTP_AUTHORIZATION", "")[7:]]
    html = "text/html" in answer.headers.get("Content-Type", "")
    return any(secret and len(secret) > 8 and secret in said for secret in secrets) or bool(answer.cookies and not html)


@contextmanager
def undone() -> Iterator[None]:
    """Roll back the changes made inside, on engines with savepoints."""
    with transaction.atomic() if connection.features.uses_savepoints else nullcontext():
        yield
        if connection.in_atomic_block:
            transaction.set_rollback(True)


def seen(answer: Any, own: UUID | None = None) -> tuple[int, str, dict[str, str]]:
    """Return everything that the client sees except the ids of request and object, and the time."""
    headers = {name: value for name, value in answer.items() if name not in {"X-Request-ID", "Date"}}
    body = answer.content.decode()
    return answer.status_code, body.replace(str(own), "ID") if own else body, headers
