"""PayPal's stand-in on a port of its own, compared with PayPal's descriptions where they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from sandbox.paypal import account, faults, routes, webhooks
from sandbox.paypal.certificates import signer
from sandbox.webhooks import Delivery
from testkit.conversations import Compared
from testkit.descriptions import descriptions


class FakePayPal:
    """The running stand-in. `happens` makes something happen there; `books` is what it has recorded."""

    def __init__(self, url: str, compared: Compared, authority: Path) -> None:
        self.url, self.compared, self.authority = url, compared, authority

    def approve(self, order_id: str, decision: str = "approve") -> httpx.Response:
        return httpx.post(f"{self.url}/checkoutnow/{order_id}/{decision}/", trust_env=False)

    def happens(self, what: str, id_: str, **given: Any) -> None:
        httpx.post(f"{self.url}/happens/{what}/{id_}/", json=given, trust_env=False).raise_for_status()

    def totals(self) -> dict[str, int]:
        totals: dict[str, int] = account.whole_books()["totals"]
        return totals

    def requests(self, method: str = "POST") -> list[dict[str, Any]]:
        return [request for request in account.whole_books()["requests"] if request["method"] == method]

    def rows(self, table: str) -> list[dict[str, Any]]:
        return account.books.rows(f"SELECT * FROM {table} ORDER BY rowid")

    def events(self) -> list[bytes]:
        """What it has to tell, oldest first."""
        return [row["body"].encode() for row in self.rows("events")]

    def headers(self, body: bytes, **given: Any) -> dict[str, str]:
        """The headers with which it sends a webhook."""
        return webhooks.headers(body, base=self.url, **given)

    def reset(self) -> None:
        for table in account.TABLES:
            account.books.execute(f"DELETE FROM {table}")
        faults.switch(faults.Fault())
        webhooks.events.configure(**vars(Delivery()))
        self.compared.differences.clear()


@contextmanager
def running(home: Path) -> Iterator[FakePayPal]:
    """Serve it; SANDBOX_HOME must name `home`."""
    compared = Compared(Starlette(routes=routes), descriptions("paypal"), prefix="/paypal")
    server = uvicorn.Server(uvicorn.Config(compared, port=0, log_level="error", lifespan="off"))
    socket = server.config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{socket.getsockname()[1]}/paypal"
        yield FakePayPal(url, compared, signer().authority_file(home))
    finally:
        server.should_exit = True
        thread.join(5)
        account.books.close()
