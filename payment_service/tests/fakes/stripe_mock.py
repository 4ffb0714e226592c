"""Stripe's own checker of requests, `stripe-mock`: SOUK_STRIPE_MOCK names the program.

It keeps no state and answers with examples, so it only tells whether Stripe would understand a request.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

#: The program's path.
VARIABLE = "SOUK_STRIPE_MOCK"
Requests = list[tuple[str, str, dict[str, str]]]


@contextmanager
def running() -> Iterator[str]:
    """Run it on a free port of this machine; yield its address, empty without the program."""
    program = os.environ.get(VARIABLE, "")
    if not program:
        yield ""
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([program, "-http-port", str(port)], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/v1/charges", trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("stripe-mock does not answer")


def refused(url: str, requests: Requests) -> list[str]:
    """Return what the checker says about those of the requests that it does not accept."""
    found = []
    headers = {"Authorization": "Bearer sk_test_1", "Content-Type": "application/x-www-form-urlencoded"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        for method, path, given in requests:
            data = {"data": given} if method == "POST" else {"params": given}
            answer = client.request(method, path, **data)
            if answer.is_error:
                found.append(f"{method} {path} {given}: {answer.text[:500]}")
    return found
