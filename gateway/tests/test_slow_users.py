"""When the user service hangs or is unavailable, requests with a token to other services still work."""

from __future__ import annotations

import itertools
import socket
import threading
import time

import pytest

from testkit.processes import free_port

_numbers = itertools.count()
#: Seconds; a request without a token check takes some milliseconds.
SOON = 0.5


@pytest.fixture(scope="module", params=["accepts nothing", "accepts and is silent", "is not there"])
def users(request):
    """The address of a user service that does not respond, in three ways."""
    if request.param == "is not there":
        yield f"127.0.0.1:{free_port()}"
        return
    with socket.create_server(("127.0.0.1", 0), backlog=0 if request.param == "accepts nothing" else 512) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def gateway(start, users):
    return start(USERS_UPSTREAM=users, RATE_LIMIT="off")


def token():
    return {"Authorization": f"Bearer aaaaaaaaaa.{next(_numbers):012}.slowslowslowslowslowslow"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/orders/"),
        ("POST", "/api/v1/orders/"),
        ("GET", "/api/v1/products/"),
        ("POST", "/api/v1/reviews/"),
    ],
)
def test_a_request_with_a_token_is_answered_soon(gateway, method, path):
    for _ in range(3):
        began = time.monotonic()
        assert gateway.http.request(method, path, headers=token()).status_code == 200
        assert time.monotonic() - began < SOON


def test_so_is_a_page_of_an_admin(gateway):
    began = time.monotonic()
    assert gateway.staff.get("/admin/orders/", headers={"Cookie": "souk_staff=good"}).status_code == 200
    assert time.monotonic() - began < SOON


def test_forty_at_once_with_one_token_are_answered_soon(gateway):
    shown, took = token(), []

    def ask():
        began = time.monotonic()
        with gateway.connect() as client:
            lines = ["GET /api/v1/orders/ HTTP/1.1", "Host: souk", f"Authorization: {shown['Authorization']}", "", ""]
            client.sendall("\r\n".join(lines).encode())
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        took.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(took) == 40
    assert max(took) < 2 * SOON, "forty threads of one test, too"


def test_the_last_result_of_a_token_check_is_used_while_no_new_one_comes(start, backend):
    gateway = start(TOKEN_CHECK_SECONDS="1", RATE_LIMIT="off")
    good, revoked = token(), token()
    backend.revoked.add(revoked["Authorization"])
    assert gateway.http.get("/api/v1/orders/", headers=good).status_code == 200
    assert gateway.http.get("/api/v1/orders/", headers=revoked).status_code == 401
    backend.token_check_status = 503
    asked = len(backend.token_checks)
    deadline = time.monotonic() + 10
    while len(backend.token_checks) == asked:  # until the cached result has expired
        assert gateway.http.get("/api/v1/orders/", headers=revoked).status_code == 401
        assert time.monotonic() < deadline
    assert gateway.http.get("/api/v1/orders/", headers=revoked).status_code == 401
    assert gateway.http.get("/api/v1/orders/", headers=good).status_code == 200
