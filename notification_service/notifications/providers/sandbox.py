"""The sandbox's SMS and push gateways: for the embedded run and for tests, never in production."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from django.conf import settings

from notifications.providers.port import AddressGone, Connection, Message, Refused, TryLater, Unavailable


class SandboxProvider:
    """`path`: "sms" or "push"."""

    def __init__(self, path: str) -> None:
        self.url = f"{settings.SANDBOX_URL}/mailbox/{path}/"

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with httpx.Client(timeout=5.0, trust_env=False) as client:
            yield _SandboxConnection(client, self.url)


class _SandboxConnection:
    def __init__(self, client: httpx.Client, url: str) -> None:
        self.client, self.url = client, url

    def send(self, message: Message) -> str:
        body = {
            "to": message.target,
            "title": message.title,
            "text": message.text,
            "link": message.link,
            "reference": message.reference,
        }
        try:
            answer = self.client.post(self.url, json=body)
        except httpx.HTTPError as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        said = f"{answer.status_code} {answer.text[:200]}"
        match answer.status_code:
            case 200 | 201 | 202:
                return said
            case 410:
                raise AddressGone(said)
            case 408 | 425 | 429:
                raise TryLater(said)
            case code if code >= 500:
                raise Unavailable(said)
            case _:
                raise Refused(said)

    def abandon(self) -> None:
        self.client.close()
