"""A WebSocket client without a network.

`channels.testing` has one, but it imports daphne, a whole server that we do not use.
"""

from __future__ import annotations

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator


class SocketClient(ApplicationCommunicator):
    def __init__(self, application: Any, path: str, *, headers: list[tuple[bytes, bytes]] = []) -> None:  # noqa: B006
        path, _, query = path.partition("?")
        scope = {"type": "websocket", "path": path, "query_string": query.encode(), "headers": headers}
        super().__init__(application, {**scope, "subprotocols": []})

    async def connect(self) -> bool:
        """Connect, and return whether the connection was accepted."""
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def send(self, **message: Any) -> None:
        await self.send_input({"type": "websocket.receive", **message})

    async def frame(self) -> Any:
        output = await self.receive_output(5)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)
