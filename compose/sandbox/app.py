"""The sandbox providers in one process: `uvicorn sandbox.app:app`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from sandbox import courier, mailbox, payments

MODULES = (payments, courier, mailbox)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(module.run(stop)) for module in MODULES]
    yield
    stop.set()
    await asyncio.gather(*tasks)


app = Starlette(routes=[route for module in MODULES for route in module.routes], lifespan=lifespan)
