"""The sandbox providers in one process: `uvicorn sandbox.app:app`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette

from sandbox import courier, mailbox, payments, paypal, stripe

log = logging.getLogger(__name__)

MODULES = (payments, stripe, paypal, courier, mailbox)
#: Seconds between an error and the restart.
PAUSE = 1.0


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(keep_running(module.run, stop)) for module in MODULES]
    yield
    stop.set()
    await asyncio.gather(*tasks)


async def keep_running(run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    """Run a provider's background work until `stop`, and restart it after an error such as a full disk."""
    while not stop.is_set():
        try:
            await run(stop)
        except Exception:
            log.exception("the background work of %s broke off and begins anew", run.__module__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE)


app = Starlette(routes=[route for module in MODULES for route in module.routes], lifespan=lifespan)
