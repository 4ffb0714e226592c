"""An ASGI middleware that compares each request and answer of a fake with the provider's descriptions."""

from __future__ import annotations

from typing import Any

from testkit.descriptions import Description


class Compared:
    """Wraps the app. `prefix` stands before the provider's own paths; `differences` collects what does not agree."""

    def __init__(self, app: Any, descriptions: list[Description], *, prefix: str) -> None:
        self._app, self._descriptions, self._prefix = app, descriptions, prefix
        self.differences: list[str] = []
        self.compared: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        sent, received, status = bytearray(), bytearray(), [0]

        async def listen() -> Any:
            message = await receive()
            sent.extend(message.get("body", b""))
            return message

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            received.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, listen, answer)
        self._compare(
            scope["method"], scope["path"].removeprefix(self._prefix), bytes(sent), status[0], bytes(received)
        )

    def _compare(self, method: str, path: str, sent: bytes, status: int, received: bytes) -> None:
        if status in {401, 500, 503}:  # not read, or a fault on request
            return
        for description in self._descriptions:
            found = description.differences(method, path, sent=sent, status=status, received=received)
            if found is not None:
                self.differences.extend(found)
                self.compared.add(f"{method} {path}")
