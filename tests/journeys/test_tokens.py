"""Authentication by the real gateway and services."""

from __future__ import annotations

import asyncio
import re
import time

import httpx
import pytest
import websockets

#: One address of each service that requires a customer.
PERSONAL = (
    "/api/v1/users/me/",
    "/api/v1/orders/",
    "/api/v1/payments/",
    "/api/v1/shipments/",
    "/api/v1/notifications/",
    "/api/v1/reviews/mine/",
    "/api/v1/recommendations/",
)
#: The services with an admin: all.
ADMINS = ("users", "products", "orders", "payments", "shipping", "notifications", "reviews")
#: Seconds until a revoked token must be refused everywhere.
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


def test_a_member_of_staff_who_leaves_is_out_of_every_admin_within_six_seconds(system):
    email, page = "support@souk.example", "/admin/orders/orders/order/"
    with httpx.Client(base_url=system.url("", staff=True), timeout=20) as browser:
        sign_in(browser, email, "open-sesame-staff", page)
        assert browser.get(page).status_code == 200
        change_staff(system, email, is_active=False)
        try:
            began = time.monotonic()
            while browser.get(page).status_code != 302:
                assert time.monotonic() - began < REVOKED_WITHIN
        finally:
            change_staff(system, email, is_active=True)


def test_a_staff_sign_on_that_ends_opens_no_service_itself_within_six_seconds(system):
    """Past the gateway, with a cookie that was kept."""
    pages = {name: system.service_url(name, f"/admin/{name}/") for name in ADMINS}
    with httpx.Client(base_url=system.url("", staff=True), timeout=20) as browser:
        sign_in(browser, "support@souk.example", "open-sesame-staff", "/admin/orders/")
        kept = {"Cookie": f"souk_staff={browser.cookies['souk_staff']}"}
        assert {httpx.get(url, headers=kept).status_code for url in pages.values()} == {200}
        assert browser.get("/admin/users/logout/").status_code == 302
    began = time.monotonic()
    while {httpx.get(url, headers=kept).status_code for url in pages.values()} != {302}:
        assert time.monotonic() - began < REVOKED_WITHIN


def sign_in(browser: httpx.Client, email: str, password: str, page: str) -> None:
    """Sign in with the form, as a person would."""
    asked = browser.get(page, follow_redirects=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', asked.text)
    form = {"username": email, "password": password, "csrfmiddlewaretoken": token[1], "next": page}
    answer = browser.post(str(asked.url), data=form, headers={"Referer": str(asked.url)})
    assert (answer.status_code, answer.headers["location"]) == (302, page)


def change_staff(system, email: str, **values: bool) -> None:
    """Change a staff account as an administrator would, without the form."""
    code = f"from users.models import User; assert User.objects.filter(email={email!r}).update(**{values})"
    system.manage("users", "shell", "-v0", "-c", code)


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
