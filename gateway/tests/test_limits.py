"""Limits of rate, size and time, and unavailable services."""

from __future__ import annotations

import contextlib
import time

import pytest
from backend import Backend
from routes import proxied_routes

from testkit.processes import free_port


def token(name):
    return {"Authorization": f"Bearer {name:a<12}.bbbbbbbbbbbb.{name:c<24}"}


def is_problem(answer, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    return True


def test_a_client_with_too_many_requests_is_told_when_to_come_back(start, backend):
    gateway = start(RATE_LIMIT_CLIENT="2", RATE_LIMIT_ACCOUNT="1000", RATE_LIMIT_SIGN_IN="1000")
    answers = [gateway.http.get("/api/v1/products/?n=1") for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 6
    assert is_problem(refused[0], 429, "too_many_requests")
    assert int(refused[0].headers["retry-after"]) >= 1


def test_every_route_is_limited(start):
    gateway = start(RATE_LIMIT_CLIENT="1", RATE_LIMIT_ACCOUNT="1000", RATE_LIMIT_SIGN_IN="1000")
    for _ in range(6):
        gateway.http.get("/api/v1/products/")
    for route in proxied_routes(gateway.configuration):
        for path in [] if route.staff_only else route.paths():
            statuses = {gateway.http.get(path, headers=token("alice")).status_code for _ in range(4)}
            assert 429 in statuses, path


def test_an_account_is_limited_apart_from_its_neighbors(start):
    gateway = start(RATE_LIMIT_CLIENT="1000", RATE_LIMIT_ACCOUNT="1", RATE_LIMIT_SIGN_IN="1000")
    alice = {gateway.http.get("/api/v1/orders/", headers=token("alice")).status_code for _ in range(8)}
    bob = gateway.http.get("/api/v1/orders/", headers=token("bob")).status_code
    assert alice == {200, 429}
    assert bob == 200


def test_guessing_passwords_is_slower_than_reading(start):
    gateway = start(RATE_LIMIT_CLIENT="1000", RATE_LIMIT_ACCOUNT="1000", RATE_LIMIT_SIGN_IN="1")
    assert 429 in {gateway.http.post("/api/v1/auth/token/", json={}).status_code for _ in range(8)}
    assert {gateway.http.get("/api/v1/products/").status_code for _ in range(8)} == {200}


def test_limits_can_be_switched_off(gateway):
    assert {gateway.http.get("/api/v1/products/?n=2").status_code for _ in range(300)} == {200}


def test_a_body_that_is_too_large_is_refused_before_it_is_read(gateway, backend):
    answer = gateway.http.post("/api/v1/auth/register/", content=b"x" * 1_100_000)
    assert is_problem(answer, 413, "too_large")
    assert not backend.seen


def test_an_unknown_address_is_a_problem_document(gateway):
    assert is_problem(gateway.http.get("/nowhere"), 404, "not_found")
    assert is_problem(gateway.http.post("/nowhere", json={}), 404, "not_found")
    assert is_problem(gateway.staff.get("/nowhere"), 404, "not_found")


def test_the_services_own_problem_documents_pass(gateway):
    answer = gateway.http.get("/api/v1/products/?status=404&n=3")
    assert answer.json()["service"] == "products"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_is_away_is_503_with_a_time_to_come_back(start, backend, method):
    gateway = start(ORDERS_UPSTREAM=f"127.0.0.1:{free_port()}")
    answer = gateway.http.request(method, "/api/v1/orders/", headers=token("alice"))
    assert is_problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert gateway.http.get("/api/v1/products/").status_code == 200


def test_a_service_that_comes_back_is_used_at_once(start, tmp_path):
    port = free_port()
    gateway = start(PRODUCTS_UPSTREAM=f"127.0.0.1:{port}")
    assert gateway.http.get("/api/v1/products/?back=1").status_code == 503
    with Backend() as other:
        again = start(PRODUCTS_UPSTREAM=other.address("products"))
        assert again.http.get("/api/v1/products/?back=1").status_code == 200


_NEVER_FINISHED = [
    b"GET /api/v1/products/ HTTP/1.1\r\nHost: souk\r\nX-Slow: ",
    b"POST /api/v1/auth/token/ HTTP/1.1\r\nHost: souk\r\nContent-Length: 1000\r\n\r\nx",
]


@pytest.mark.parametrize("unfinished", _NEVER_FINISHED, ids=["headers", "body"])
def test_a_client_that_never_finishes_is_let_go(gateway, backend, unfinished):
    began = time.monotonic()
    with gateway.connect() as client:
        client.sendall(unfinished)
        with contextlib.suppress(ConnectionResetError):
            while client.recv(4096):
                pass
    assert time.monotonic() - began < 6
    assert not backend.requests


def test_two_hundred_that_never_finish_keep_nobody_waiting(gateway, backend):
    with contextlib.ExitStack() as hanging:
        for number in range(200):
            client = hanging.enter_context(gateway.connect())
            client.sendall(_NEVER_FINISHED[number % 2])
        answers = {gateway.http.get(f"/api/v1/categories/?n={number}").status_code for number in range(50)}
        assert answers == {200}


def test_the_gateway_answers_for_itself_whoever_is_away(start):
    away = f"127.0.0.1:{free_port()}"
    gateway = start(**{f"{name}_UPSTREAM": away for name in ("USERS", "PRODUCTS", "ORDERS")})
    assert gateway.http.get("/health").json() == {"status": "ok"}


def test_no_token_ticket_or_query_is_logged(gateway, backend):
    secret = "bbbbbbbbbbbbsecretsecret"
    bearer = {"Authorization": f"Bearer aaaaaaaa.{secret}.cccccccccccccccccccccc"}
    gateway.http.get("/ws/?ticket=ticketticketticket")
    gateway.http.get("/api/v1/orders/?q=privatequery", headers=bearer)
    gateway.http.get("/api/v1/auth/verify/?token=mailedtoken&hang=1")
    time.sleep(1.2)
    written = gateway.access_log() + (gateway.home / "errors.log").read_text()
    assert '"path":"/ws/"' in written
    for word in ("ticketticketticket", secret, "privatequery", "mailedtoken"):
        assert word not in written


def test_a_killed_gateway_comes_back_although_its_workers_kept_the_ports(start):
    gateway = start(RATE_LIMIT="off")
    gateway.process.kill()
    gateway.process.wait(5)
    gateway.start()
    assert gateway.http.get("/health").status_code == 200


def test_pages_pictures_and_documents_are_served_from_disk(gateway, backend):
    landing = gateway.http.get("/")
    assert "Souk" in landing.text
    assert landing.headers["content-type"].startswith("text/html")
    assert "/admin/orders/" in gateway.staff.get("/").text
    assert "docs.js" in gateway.http.get("/api/docs/").text
    for service in backend._servers:
        if service != "sandbox":
            assert f"<option>{service}</option>" in gateway.http.get("/api/docs/").text
    assert "messages.js" in gateway.http.get("/api/docs/messages/").text
    document = gateway.http.get("/api/docs/messages/asyncapi.json").json()
    for message_type in document["channels"]:
        schema = gateway.http.get(f"/api/docs/messages/{message_type}.json").json()
        assert schema["title"] == message_type
    assert gateway.http.get("/static/site.css").headers["cache-control"] == "public, max-age=3600"
    assert gateway.http.get("/media/lamp.svg").headers["content-type"].startswith("image/svg+xml")
    assert gateway.http.get("/media/none.svg").status_code == 404
    assert not backend.seen
