"""Fixtures for the tests of a service: `pytest_plugins = ["testkit.plugin"]`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from chassis import codec
from chassis.core.messages import Envelope
from chassis.inbox import receiver
from chassis.outbox.models import OutboxMessage
from chassis.staff.middleware import COOKIE
from chassis.work import batches
from testkit import tokens
from testkit.declared_refusals import _problems_are_declared  # noqa: F401


@pytest.fixture(autouse=True, scope="session")
def _test_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = settings.JWKS_URL
    settings.JWKS_URL = tokens.write_jwks(tmp_path_factory.mktemp("keys") / "jwks.json")
    yield
    settings.JWKS_URL = before


@pytest.fixture
def in_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process do batches of work after a commit, as a worker does."""
    monkeypatch.setattr(batches, "_in_worker", threading.Event())
    batches.begin_here()


Deliver = Callable[..., list[receiver.Outcome]]


@pytest.fixture
def deliver() -> Deliver:
    """`deliver("payment.captured.v1", {"order_id": ...}, times=2)`: receive a message as from the broker.

    `subject` defaults to the first value of the data, `id` to a new one. Few tests need `version` and `source`.
    """

    def bring(type_: str, data: dict[str, Any], *, times: int = 1, **given: Any) -> list[receiver.Outcome]:
        text = text_of(type_, data, **given)
        return [receiver.receive(text) for _ in range(times)]

    return bring


@pytest.fixture
def deliver_together() -> Callable[..., None]:
    """`deliver_together((type, data), (type, data))`: receive messages that waited together, as a worker does."""

    def bring(*messages: tuple[str, dict[str, Any]]) -> None:
        receiver.receive_all([text_of(type_, data) for type_, data in messages])

    return bring


def text_of(type_: str, data: dict[str, Any], **given: Any) -> str:
    """Return the envelope of a message, as the broker carries it."""
    envelope = Envelope(
        id=given.get("id") or uuid7(),
        source=given.get("source", "test"),
        type=type_,
        subject=str(given.get("subject") or next(iter(data.values()), "none")),
        time=given.get("time") or timezone.now(),
        data=codec.data_of(data),
        correlationid=given.get("correlation_id", "test-journey"),
        aggregateversion=given.get("version", 1),
    )
    return codec.encode_envelope(envelope)


class Outbox:
    """The recorded messages, oldest first."""

    def envelopes(self, type_: str | None = None) -> list[Envelope]:
        rows = OutboxMessage.objects.order_by("created_at", "id")
        found = [codec.decode_envelope(row.envelope) for row in rows]
        return [envelope for envelope in found if type_ in {None, envelope.type}]

    def types(self) -> list[str]:
        return [envelope.type for envelope in self.envelopes()]

    def data(self, type_: str) -> list[dict[str, Any]]:
        """Return the data of all messages of this type."""
        return [envelope.data for envelope in self.envelopes(type_)]

    def one(self, type_: str) -> dict[str, Any]:
        """Return the data of the only message of this type."""
        (only,) = self.data(type_)
        return only

    def clear(self) -> None:
        OutboxMessage.objects.all().delete()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def customer_id() -> UUID:
    return uuid4()


@pytest.fixture
def api(customer_id: UUID) -> Callable[..., APIClient]:
    """`api()`: the customer's client; `api(other_id)`: another customer's; `api(None)`: without a token."""

    def client(user_id: UUID | str | None = "the customer", **claims: Any) -> APIClient:
        made = APIClient(raise_request_exception=False)
        if user_id is not None:
            who = customer_id if isinstance(user_id, str) else user_id
            made.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access_token(who, **claims)}")
        return made

    return client


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """`staff()` is a superuser's browser; `staff(superuser=False, groups=["support"])` one of a group."""

    def browser(**claims: Any) -> Client:
        made = Client()
        made.cookies[COOKIE] = tokens.staff_cookie(uuid4(), **claims)
        return made

    return browser
