"""Faults that a stand-in shows on request, and the switch that turns them on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    `seconds` is the length of a hang, by default longer than any client waits. `count` limits how many requests are
    affected (None: all until the next switch), `operation` and `to` restrict which ones ("": all).
    """

    mode: str = "none"
    seconds: float = 60.0
    count: int | None = None
    operation: str = ""
    to: str = ""


class Switch:
    """The fault that a stand-in shows at present."""

    def __init__(self) -> None:
        self.present = Fault()

    def strike(self, affects: Callable[[Fault], bool]) -> Fault:
        """Return the present fault if it affects this request, and count it; else no fault."""
        fault = self.present
        if fault.mode == "none" or not affects(fault):
            return Fault()
        if fault.count is not None:
            self.present = replace(fault, count=fault.count - 1) if fault.count > 1 else Fault()
        return fault


async def hang(request: Request, seconds: float) -> None:
    """Do not respond for `seconds`, or until the client disconnects."""
    waited = 0.0
    while waited < seconds and not await request.is_disconnected():
        await asyncio.sleep(min(_POLL_SECONDS, seconds - waited))
        waited += _POLL_SECONDS
