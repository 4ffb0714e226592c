"""Marked secrets and personal data pass through a whole journey; then logs, tables and admin pages are searched."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import httpx
import pytest
from registry import SERVICES
from run.shopper import ADDRESS, Refused, Shopper, until

from tests.journeys.test_the_journey import reviewed
from tests.journeys.test_tokens import sign_in

MARK = uuid4().hex[:10]
PERSON = {
    "name": f"Canary{MARK} Bird",
    "line1": f"Nest{MARK} 1",
    "city": f"Branch{MARK}",
    "phone": "+436641234509",
}
STAFF_PASSWORD = "open-sesame-staff"
CARD = "4242424242424242"
#: Columns that must contain a secret, with the reason.
NEEDED = {"device.token": "what Firebase sends to"}
FIND = """
import json
from testkit.traces import traces_of
print("FOUND", json.dumps({{word: sorted(traces_of([word])) for word in {words!r}}}))
"""


@pytest.fixture(scope="module")
def bird(system):
    """A customer who has done everything, successfully and not, and is deleted at the end; with the secrets used."""
    shopper = Shopper(system.url(""), system.service_url("sandbox", ""))
    shopper.email = f"canary-{MARK}@souk.test"
    shopper.password = f"password {MARK} one"
    shopper.secrets = {shopper.password, CARD}  # the demo's passwords of staff are public on purpose
    shopper.register()
    shopper.secrets.add(shopper.verification_token())
    shopper.verify()
    wrong = f"wrong {MARK} word"
    shopper.secrets.add(wrong)
    with pytest.raises(Refused):
        shopper.post("/api/v1/auth/token/", {"email": shopper.email, "password": wrong})
    _reset_password(shopper)
    shopper.log_in()
    shopper.call("PATCH", "/api/v1/users/me/", {"name": PERSON["name"], "phone": PERSON["phone"]})
    shopper.post("/api/v1/users/me/addresses/", {**ADDRESS, **PERSON})
    push = f"push-token-{MARK}-{uuid4().hex}"
    shopper.post("/api/v1/devices/", {"token": push, "platform": "android"})
    shopper.secrets.add(push)
    shopper.orders = _shop(shopper)
    shopper.secrets |= {shopper.tokens["refresh_token"], shopper.tokens["access_token"]}
    return shopper


def _reset_password(shopper):
    shopper.post("/api/v1/auth/password/reset/", {"email": shopper.email})
    mail = until(lambda: shopper.mail_about("password"), what="the mail for a new password")
    token = re.search(r"token=([\w-]+)", mail["text"])[1]
    shopper.password = f"password {MARK} two"
    shopper.post("/api/v1/auth/password/reset/confirm/", {"token": token, "new_password": shopper.password})
    shopper.secrets |= {token, shopper.password}


def _shop(shopper):
    """Place an order that is delivered, reviewed and returned, and one that is declined (a card number as token)."""
    products = shopper.get("/api/v1/products/?in_stock=true&ordering=price")["results"]
    product = shopper.get(f"/api/v1/products/{products[0]['slug']}/")
    sku, address = product["variants"][0]["sku"], {**ADDRESS, **PERSON}
    with pytest.raises(Refused):
        shopper.order((sku, 1), card=CARD, shipping_address=address)
    declined = shopper.order((sku, 1), card="card_declined", shipping_address=address)
    until(lambda: shopper.order_now(declined["id"])["payment_status"] == "declined", what="the refusal")
    shopper.post(f"/api/v1/orders/{declined['id']}/cancel/", {"reason": "changed_my_mind"})
    order = shopper.order((sku, 1), shipping_address=address)
    shopper.wait_for(order["id"], "delivered")
    review = {"product_id": product["id"], "stars": 4, "title": "Fine", "text": "It does what it says."}
    until(lambda: reviewed(shopper, review), what="being allowed to review")
    asked = {"order_id": order["id"], "lines": [{"sku": sku, "quantity": 1}], "reason": "damaged"}
    made = shopper.post("/api/v1/returns/", asked, key=uuid4().hex)
    until(lambda: shopper.get(f"/api/v1/returns/{made['id']}/")["status"] == "refunded", what="the refund", seconds=60)
    shopper.wait_for(declined["id"], "canceled")
    return [order["id"], declined["id"]]


def found(system, words):
    """Return the columns that contain one of the words, as `orders.order.address`."""
    columns = set()
    for service in SERVICES:
        printed = system.manage(service, "shell", "-v0", "-c", FIND.format(words=sorted(words)))
        line = next(line for line in printed.splitlines() if line.startswith("FOUND "))
        columns |= {f"{service}.{name}" for names in json.loads(line[6:]).values() for name in names}
    return columns


def person_of(bird):
    return {bird.email, *PERSON.values()}


def test_no_secret_lies_in_a_table(system, bird):
    columns = found(system, bird.secrets)
    assert {column for column in columns if column.partition(".")[2] not in NEEDED} == set()


def test_no_log_tells_a_secret_or_who_somebody_is(system, bird):
    for log in sorted(system.home.logs.rglob("*")):
        if log.is_file() and "sandbox" not in log.name:
            text = log.read_text(errors="replace")
            told = [word for word in bird.secrets | person_of(bird) if word in text]
            assert not told, f"{log.name} tells {told}"


def test_no_admin_page_shows_a_secret(system, bird):
    with httpx.Client(base_url=system.url("", staff=True), timeout=30) as browser:
        sign_in(browser, "admin@souk.example", STAFF_PASSWORD, "/admin/users/")
        for service in SERVICES:
            index = browser.get(f"/admin/{service}/").text
            lists = set(re.findall(rf'href="(/admin/{service}/\w+/\w+/)"', index))
            assert lists, service
            for address in sorted(lists):
                listing = browser.get(address).text
                rows = re.findall(rf'href="({address}[^"/]+/change/)', listing)[:3]
                for text in (listing, *(browser.get(row).text for row in rows)):
                    assert not [secret for secret in bird.secrets if secret in text], address


def test_the_copy_of_the_data_holds_what_every_service_keeps(bird):
    export = bird.post("/api/v1/users/me/exports/")
    until(lambda: bird.get(f"/api/v1/users/me/exports/{export['id']}/")["status"] == "ready", what="the export")
    document = bird.get(f"/api/v1/users/me/exports/{export['id']}/download/")
    assert set(document) == set(SERVICES)
    assert {order["id"] for order in document["orders"]["orders"]} == set(bird.orders)
    assert document["users"]["account"][0]["email"] == bird.email
    assert not [secret for secret in bird.secrets if secret in json.dumps(document)]


def test_when_the_account_is_deleted_nothing_of_the_person_is_left(system, bird):
    assert "orders.order.address" in found(system, person_of(bird))
    user_id = bird.get("/api/v1/users/me/")["id"]
    bird.call("DELETE", "/api/v1/users/me/", {"password": bird.password})
    asked = f"""
from users.models import ErasureRequest
row = ErasureRequest.objects.get(user_id={user_id!r})
print("ENDED", bool(row.finished_at), list(row.receipts.values_list("service", "waits_for", "erased_at")))
"""
    until(
        lambda: "ENDED True" in system.manage("users", "shell", "-v0", "-c", asked),
        what=f"all receipts: {system.manage('users', 'shell', '-v0', '-c', asked)}",
        seconds=90,
    )
    until(lambda: not found(system, person_of(bird)), what=f"erasing {found(system, person_of(bird))}", seconds=40)
