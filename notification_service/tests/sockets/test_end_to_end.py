"""End to end: uvicorn, Redis, a client over TCP. Messages are handled in this process, as in the worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.test import override_settings
from tests.conftest import database_url, until_open
from tests.factories import canceled, progressed
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from notifications.providers import socket_groups
from testkit.processes import free_port
from testkit.tokens import access_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server(django_db_setup: None, redis_url: str) -> Iterator[str]:
    """`host:port` of the service."""
    port = free_port()
    own = {
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "JWKS_URL": settings.JWKS_URL,
        "LOG_LEVEL": "WARNING",
    }
    command = ["-m", "uvicorn", "notifications.config.asgi:application", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, **own, "LOG_LEVEL": "WARNING"},
        start_new_session=True,
    )
    try:
        until_open(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(10)


@pytest.fixture
def waking(redis_url: str) -> Iterator[None]:
    """Send wake-ups over Redis, as the worker does."""
    layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [redis_url]}}
    with override_settings(CHANNEL_LAYERS={"default": layer}):
        socket_groups.start()
        yield
        socket_groups.stop()


def ticket(server: str, user_id) -> str:
    headers = {"Authorization": f"Bearer {access_token(user_id)}"}
    answer = httpx.post(f"http://{server}/api/v1/ws-tickets/", headers=headers, trust_env=False)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ticket"])


def opened(server: str, given: str, *, last_seq: int = 0, **options) -> ClientConnection:
    return connect(f"ws://{server}/ws/?ticket={given}&last_seq={last_seq}", proxy=None, open_timeout=10, **options)


def frames(client: ClientConnection, count: int) -> list[dict]:
    return [json.loads(client.recv(timeout=10)) for _ in range(count)]


def test_a_client_that_comes_and_goes_gets_everything_in_order(server, waking, deliver, customer_id):
    order = str(uuid4())

    def happen(*steps: int) -> None:
        for step in steps:
            deliver("order.progressed.v1", progressed(customer_id, step, order_id=order))

    happen(1)
    with opened(server, ticket(server, customer_id)) as client:
        (first,) = frames(client, 1)
        happen(3, 2)  # they have overtaken one another
        seen = [first, *frames(client, 2)]
    happen(4)
    deliver("order.canceled.v1", canceled(customer_id, order_id=order), times=2)
    with opened(server, ticket(server, customer_id), last_seq=seen[-1]["seq"]) as client:
        seen += frames(client, 2)
        happen(5)
        seen += frames(client, 1)
    assert [frame["seq"] for frame in seen] == [1, 2, 3, 4, 5, 6]
    assert [frame["data"].get("sequence") for frame in seen] == [1, 2, 3, 4, None, 5]
    assert seen[4]["type"] == "order.canceled"
    assert seen[4]["data"]["message"] == "One of the things was sold out."


def test_a_wake_up_makes_it_quick(server, waking, deliver, customer_id):
    """Without a wake-up the socket polls after 15 seconds; the client waits 5."""
    with opened(server, ticket(server, customer_id)) as client:
        client.send('{"type": "ping"}')
        client.recv(timeout=5)
        deliver("order.progressed.v1", progressed(customer_id, 1))
        assert json.loads(client.recv(timeout=5))["seq"] == 1


def test_a_used_ticket_and_a_foreign_origin_are_refused(server, customer_id):
    used = ticket(server, customer_id)
    with opened(server, used):
        pass
    good = ticket(server, customer_id)
    for given, options in ((used, {}), ("nonsense", {}), (good, {"origin": "https://evil.example"})):
        with pytest.raises(InvalidStatus) as refused:
            opened(server, given, **options)
        assert refused.value.response.status_code == 403
    with opened(server, good, origin="http://127.0.0.1:8080") as client:
        assert client.ping().wait(5)


def test_views_answer_beside_one_another_and_hostile_requests_do_no_harm(server, customer_id):
    headers = {"Authorization": f"Bearer {access_token(customer_id)}"}
    with httpx.Client(base_url=f"http://{server}", headers=headers, trust_env=False) as client:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.get("/api/v1/notifications/").status_code, range(40)))
        assert set(answers) == {200}
        big = client.put("/api/v1/notification-preferences/", content=b"x" * 600_000)
        assert big.status_code in {400, 413, 415}
        broken = client.put(
            "/api/v1/notification-preferences/", content=b"\xff{", headers={"Content-Type": "application/json"}
        )
        assert broken.status_code == 400
        assert client.get("/api/v1/notifications/?category=%ff%00").status_code == 400
        assert client.get("/health/ready").json()["status"] == "ok"
        assert client.get("/ws/").status_code == 404
