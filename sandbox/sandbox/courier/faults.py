"""Ways to go wrong, one at a time: `POST /courier/faults/`.

down: every request is answered 503. slow: every answer takes `seconds`. timeout_after: the work is done, and then
nothing is said for `seconds`. fail_after: the work is done, and 500 is answered. webhooks_off, webhooks_twice,
webhooks_reversed: what they say. `count`: how many requests are hit; without it, all until the next switch.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from starlette.requests import Request

WORK = {"timeout_after", "fail_after"}
WEBHOOKS = {"webhooks_off", "webhooks_twice", "webhooks_reversed"}
MODES = {"none", "down", "slow"} | WORK | WEBHOOKS


@dataclass(frozen=True)
class Fault:
    mode: str = "none"
    #: Longer than any client waits.
    seconds: float = 60.0
    count: int | None = None


_now = {"fault": Fault()}


def switch(fault: Fault) -> None:
    _now["fault"] = fault


def present() -> Fault:
    return _now["fault"]


def strike(*, works: bool) -> Fault:
    """The fault that hits this request, if any; counts it. `works`: the request changes something."""
    fault = _now["fault"]
    if fault.mode in WEBHOOKS or (fault.mode in WORK and not works):
        return Fault()
    if fault.mode != "none" and fault.count is not None:
        _now["fault"] = replace(fault, count=fault.count - 1) if fault.count > 1 else Fault()
    return fault


async def hang(request: Request, seconds: float) -> None:
    """Say nothing for so long, or until the caller has hung up."""
    waited = 0.0
    while waited < seconds and not await request.is_disconnected():
        await asyncio.sleep(min(0.1, seconds - waited))
        waited += 0.1
