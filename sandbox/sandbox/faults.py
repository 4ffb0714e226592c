"""Faults that a stand-in shows on request, and the switch that turns them on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    `seconds` is the length of a hang, by default longer than any client waits. `count` limits how many requests are
    affected (None: all until the next switch), `operation` and `to` restrict which ones ("": all), and `share` is the
    part of them that is affected, at random.
    """

    mode: str = "none"
    seconds: float = 60.0
    count: int | None = None
    operation: str = ""
    to: str = ""
    share: float = 1.0


class Switch:
    """The fault that a stand-in shows at present; `switch(fault)` exchanges it."""

    def __init__(self, named_only: Collection[str] = ()) -> None:
        """`named_only`: operations that are affected only by a fault that names them."""
        self.present = Fault()
        self._named_only = named_only

    def __call__(self, fault: Fault) -> None:
        self.present = fault

    def strike(self, affects: Callable[[Fault], bool]) -> Fault:
        """Return the present fault if it affects this request, and count it; else no fault."""
        fault = self.present
        if fault.mode == "none" or not affects(fault) or random.random() >= fault.share:
            return Fault()
        if fault.count is not None:
            self.present = replace(fault, count=fault.count - 1) if fault.count > 1 else Fault()
        return fault

    def strike_operation(self, operation: str) -> Fault:
        """Return the fault that affects this operation, and count it."""
        named_only = operation in self._named_only
        return self.strike(lambda fault: fault.operation == operation or not (fault.operation or named_only))


class Faults(Protocol):
    """The module in which a provider says how it can fail."""

    MODES: set[str]
    OPERATIONS: set[str]
    switch: Switch


async def hang(request: Request, seconds: float) -> None:
    """Do not respond for `seconds`, or until the client disconnects."""
    waited = 0.0
    while waited < seconds and not await request.is_disconnected():
        await asyncio.sleep(min(_POLL_SECONDS, seconds - waited))
        waited += _POLL_SECONDS


def faults_route(path: str, faults: Faults) -> Route:
    """Return the address at which a test says what fails: POST with any fields of `Fault`."""

    async def view(request: Request) -> Response:
        if request.method == "POST":
            asked = await request.json()
            mode, operation = asked.get("mode", "none"), asked.get("operation", "")
            if mode not in faults.MODES or operation not in {"", *faults.OPERATIONS}:
                modes, operations = ", ".join(sorted(faults.MODES)), ", ".join(sorted(faults.OPERATIONS))
                said = f"mode is one of {modes}; operation is one of {operations}."
                return JSONResponse({"error": {"code": "unknown_fault", "message": said}}, 400)
            faults.switch(Fault(**{field.name: asked[field.name] for field in fields(Fault) if field.name in asked}))
        return JSONResponse(vars(faults.switch.present))

    return Route(path, view, methods=["GET", "POST"])
