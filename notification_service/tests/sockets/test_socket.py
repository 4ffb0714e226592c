"""The socket without a network: tickets, origins, replay, live updates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.utils import timezone
from tests.factories import NOON
from tests.sockets.client import SocketClient

from chassis.revocation import sessions
from chassis.revocation.models import EndedSession
from notifications.api import socket as module
from notifications.commands.tickets import issue_ticket
from notifications.commands.updates import record_step
from notifications.config.asgi import application
from notifications.models import SocketTicket
from notifications.providers.socket_groups import group_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _memory_layer(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.fixture
def run():
    """Run a coroutine function in its own event loop."""
    from asgiref.sync import async_to_sync

    return lambda function: async_to_sync(function)()


@sync_to_async
def a_ticket(user_id: UUID, *, age: timedelta = timedelta(0), session_id: str = "s") -> str:
    return issue_ticket(user_id=user_id, session_id=session_id, now=timezone.now() - age)[0]


@sync_to_async
def step(user_id: UUID, order_id: UUID, number: int) -> None:
    record_step(user_id=user_id, order_id=order_id, step=number, data={"sequence": number}, at=NOON, now=timezone.now())


async def wake(user_id: UUID) -> None:
    await get_channel_layer().group_send(group_of(user_id), {"type": "updates.available"})


@asynccontextmanager
async def connected(query: str, origin: str | None = None):
    headers = [(b"origin", origin.encode())] if origin else []
    client = SocketClient(application, f"/ws/?{query}", headers=headers)
    accepted = await client.connect()
    try:
        yield client if accepted else None
    finally:
        if accepted:
            await client.disconnect()


def test_first_the_missed_updates_and_then_the_live_ones_in_order(run: Callable, customer_id):
    order = uuid4()

    async def story():
        for number in (1, 2, 3):
            await step(customer_id, order, number)
        async with connected(f"ticket={await a_ticket(customer_id)}&last_seq=1") as client:
            missed = [await client.frame() for _ in range(2)]
            await step(customer_id, order, 4)
            await wake(customer_id)
            live = await client.frame()
            assert await client.receive_nothing(0.2)
            return [*missed, live]

    frames = run(story)
    assert [(frame["seq"], frame["data"]["sequence"]) for frame in frames] == [(2, 2), (3, 3), (4, 4)]
    assert frames[0] == {"seq": 2, "type": "order.progressed", "at": NOON.isoformat(), "data": {"sequence": 2}}


def test_without_a_hint_an_update_comes_a_little_later(run, customer_id, monkeypatch):
    monkeypatch.setattr(module, "POLL_INTERVAL", 0.1)

    async def story():
        async with connected(f"ticket={await a_ticket(customer_id)}") as client:
            await step(customer_id, uuid4(), 1)
            return await client.frame()

    assert run(story)["seq"] == 1


def test_a_channel_layer_that_hangs_keeps_no_update_back(run, customer_id, monkeypatch):
    async def hangs(*_):
        await asyncio.Event().wait()

    monkeypatch.setattr(InMemoryChannelLayer, "group_add", hangs)
    monkeypatch.setattr(module, "LAYER_TIME_LIMIT", 0.1)

    async def story():
        await step(customer_id, uuid4(), 1)
        async with connected(f"ticket={await a_ticket(customer_id)}") as client:
            return await client.frame()

    assert run(story)["seq"] == 1


def test_a_socket_that_fails_is_closed_so_that_its_client_comes_again(run, customer_id, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(module.queries, "updates_after", broken)

    async def story():
        async with connected(f"ticket={await a_ticket(customer_id)}") as client:
            return await client.receive_output(5)

    assert run(story) == {"type": "websocket.close", "code": module.INTERNAL_ERROR}


def test_nobody_sees_the_updates_of_somebody_else(run, customer_id):
    async def story():
        await step(uuid4(), uuid4(), 1)
        async with connected(f"ticket={await a_ticket(customer_id)}") as client:
            return await client.receive_nothing(0.3)

    assert run(story)


def test_a_ticket_opens_one_socket_once(run, customer_id):
    async def story():
        ticket = await a_ticket(customer_id)
        async with connected(f"ticket={ticket}") as first, connected(f"ticket={ticket}") as second:
            return first is not None, second is not None

    assert run(story) == (True, False)


@pytest.mark.parametrize("query", ["", "ticket=", "ticket=nonsense", "ticket=%ff%00", "last_seq=1"])
def test_without_a_good_ticket_nothing_opens(run, query):
    async def story():
        async with connected(query) as client:
            return client

    assert run(story) is None


def test_a_ticket_is_good_for_half_a_minute(run, customer_id):
    async def story():
        late = await a_ticket(customer_id, age=timedelta(seconds=31))
        async with connected(f"ticket={late}") as client:
            return client

    assert run(story) is None


@pytest.mark.parametrize("last_seq", ["-1", "x", "1e3", "9" * 30, "٣", ""])
def test_a_strange_number_is_refused_and_the_ticket_stays_good(run, customer_id, last_seq):
    async def story():
        ticket = await a_ticket(customer_id)
        async with connected(f"ticket={ticket}&last_seq={last_seq}") as client:
            return client

    if last_seq:
        assert run(story) is None
        assert SocketTicket.objects.get().used_at is None
    else:
        assert run(story) is not None


@pytest.mark.parametrize(
    ("origin", "opens"),
    [
        (None, True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("https://evil.example", False),
        ("http://127.0.0.1:8080.evil.example", False),
        ("null", False),
    ],
)
def test_only_pages_of_the_shop_may_open_it(run, customer_id, origin, opens):
    async def story():
        async with connected(f"ticket={await a_ticket(customer_id)}", origin=origin) as client:
            return client is not None

    assert run(story) is opens
    assert (SocketTicket.objects.get().used_at is not None) is opens


def test_a_socket_ends_so_that_its_owner_proves_again_who_he_is(run, customer_id, monkeypatch):
    monkeypatch.setattr(module, "LIFETIME", 0.1)

    async def story():
        async with connected(f"ticket={await a_ticket(customer_id)}") as client:
            return await client.receive_output(5)

    assert run(story) == {"type": "websocket.close", "code": module.SESSION_ENDED}


def test_there_is_an_end_to_sockets_of_one_customer(run, customer_id, monkeypatch):
    monkeypatch.setattr(module, "MAX_SOCKETS_PER_CUSTOMER", 1)

    async def story():
        one, two = await a_ticket(customer_id), await a_ticket(customer_id)
        async with connected(f"ticket={one}"), connected(f"ticket={two}") as second:
            return await second.receive_output(5)

    assert run(story) == {"type": "websocket.close", "code": module.TOO_MANY_SOCKETS}
    assert not module._open


def test_a_ping_gets_a_pong_and_the_rest_no_answer(run, customer_id):
    async def story():
        async with connected(f"ticket={await a_ticket(customer_id)}") as client:
            for text in ("nonsense", "[1]", "x" * 10_000):
                await client.send(text=text)
            await client.send(bytes=b"\x00\xff")
            await client.send(text='{"type": "ping"}')
            return await client.frame()

    assert run(story) == {"type": "pong"}


def test_more_than_a_page_of_missed_updates_comes_whole(run, customer_id, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 3)
    order = uuid4()

    async def story():
        for number in range(1, 9):
            await step(customer_id, order, number)
        async with connected(f"ticket={await a_ticket(customer_id)}") as client:
            return [(await client.frame())["seq"] for _ in range(8)]

    assert run(story) == list(range(1, 9))


def test_another_path_is_refused(run):
    async def story():
        client = SocketClient(application, "/somewhere/else/")
        return await client.connect()

    assert run(story) is False


def test_a_ticket_is_kept_as_a_hash(api, customer_id):
    answer = api().post("/api/v1/ws-tickets/")
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    ticket = answer.json()["ticket"]
    row = SocketTicket.objects.get()
    assert row.user_id == customer_id
    assert ticket not in (row.digest, row.session_id)


@sync_to_async
def end(session_id: UUID) -> None:
    EndedSession.objects.create(id=session_id, ended_at=timezone.now())


def test_a_ticket_of_a_session_that_has_ended_opens_nothing(run: Callable, customer_id):
    async def story():
        session_id = uuid4()
        ticket = await a_ticket(customer_id, session_id=str(session_id))
        await end(session_id)
        async with connected(f"ticket={ticket}") as client:
            return client

    assert run(story) is None


def test_an_open_socket_closes_when_its_session_has_ended(run: Callable, customer_id, monkeypatch):
    monkeypatch.setattr(sessions, "CACHE_SECONDS", 0.0)

    async def story():
        session_id = uuid4()
        async with connected(f"ticket={await a_ticket(customer_id, session_id=str(session_id))}") as client:
            order = uuid4()
            await step(customer_id, order, 1)
            await wake(customer_id)
            assert (await client.frame())["seq"] == 1
            await end(session_id)
            await wake(customer_id)
            return await client.receive_output(5)

    assert run(story) == {"type": "websocket.close", "code": module.SESSION_ENDED}
