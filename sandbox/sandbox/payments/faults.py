"""Ways to go wrong: away, slow, an answer lost after the work, an error after the work, a clear no."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from starlette.requests import Request

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "forget_keys", "refuse"}
OPERATIONS = {"authorize", "capture", "void", "refund", "read"}
#: Longer than any client waits.
HANG_SECONDS = 60.0


@dataclass(frozen=True)
class Fault:
    """`count`: how many requests it hits (None: until changed). `operation`: only that one ("": all)."""

    mode: str = "none"
    seconds: float = HANG_SECONDS
    count: int | None = None
    operation: str = ""


_now = {"fault": Fault()}


def switch(fault: Fault) -> None:
    _now["fault"] = fault


def present() -> Fault:
    return _now["fault"]


def strike(operation: str) -> Fault:
    """The fault that hits this request, if any; counts it."""
    fault = _now["fault"]
    if fault.mode == "none" or fault.operation not in {"", operation}:
        return Fault()
    if operation == "read" and fault.mode in {"timeout_after", "fail_after"} and fault.operation != "read":
        return Fault()  # these are about work done, and reading does none
    if fault.count is not None:
        _now["fault"] = replace(fault, count=fault.count - 1) if fault.count > 1 else Fault()
    return fault


async def hang(request: Request, seconds: float) -> None:
    """Say nothing for so long, or until the caller has hung up."""
    waited = 0.0
    while waited < seconds and not await request.is_disconnected():
        await asyncio.sleep(min(0.25, seconds - waited))
        waited += 0.25
