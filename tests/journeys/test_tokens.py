"""Who is let in, by the real gateway and the real services."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
import websockets

#: One address of each service that knows its customer.
PERSONAL = (
    "/api/v1/users/me/",
    "/api/v1/orders/",
    "/api/v1/payments/",
    "/api/v1/shipments/",
    "/api/v1/notifications/",
    "/api/v1/reviews/mine/",
    "/api/v1/recommendations/",
)
#: Seconds in which a token that was taken back must have lost its power.
REVOKED_WITHIN = 6.0


def answers(system, token: str) -> dict[str, int]:
    with httpx.Client(base_url=system.url(""), headers={"Authorization": f"Bearer {token}"}, timeout=20) as client:
        return {path: client.get(path).status_code for path in PERSONAL}


def test_signing_out_everywhere_ends_every_token_within_six_seconds(system, shopper):
    token = shopper.tokens["access_token"]
    before = answers(system, token)
    assert 401 not in before.values()
    shopper.post("/api/v1/auth/logout-all/")
    began = time.monotonic()
    while set(answers(system, token).values()) != {401}:
        assert time.monotonic() - began < REVOKED_WITHIN, answers(system, token)
    shopper.log_in()
    assert answers(system, shopper.tokens["access_token"]) == before


def test_a_token_with_another_signature_opens_nothing(system, shopper):
    header, claims, signature = shopper.tokens["access_token"].split(".")
    assert set(answers(system, f"{header}.{claims}.{signature[::-1]}").values()) == {401}


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_page_of_somebody_else_cannot_open_the_socket(system, shopper, origin):
    ticket = shopper.post("/api/v1/ws-tickets/")["ticket"]
    address = f"{system.url('').replace('http', 'ws')}/ws/?ticket={ticket}"

    async def connect(**options) -> None:
        async with websockets.connect(address, **options):
            pass

    with pytest.raises(websockets.InvalidStatus) as refused:
        asyncio.run(connect(origin=origin))
    assert refused.value.response.status_code == 403
