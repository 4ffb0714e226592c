"""The headers and bodies that reach the services."""

from __future__ import annotations

import pytest
from routes import proxied_routes

FORGED = {
    "X-User-Id": "00000000-0000-0000-0000-000000000001",
    "X-User-Roles": "admin",
    "X-Staff-Email": "boss@souk.example",
    "X-Real-IP": "6.6.6.6",
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-User": "admin",
    "Forwarded": "for=6.6.6.6",
    "X-Request-ID": "forged-request-id",
    "X-HTTP-Method-Override": "DELETE",
    "X-Anything-Else": "at all",
}
TOKEN = {"Authorization": "Bearer aaaaaaaaaa.bbbbbbbbbbbb.cccccccccccccccccccccccc"}


def clients(gateway):
    return {"public": gateway.http, "staff": gateway.staff}


def test_forged_headers_arrive_on_no_route(gateway, backend):
    routes = proxied_routes(gateway.configuration)
    tried = 0
    for listener, client in clients(gateway).items():
        for route in routes:
            if route.staff_only and listener == "public":
                continue
            for path in route.paths():
                for method in ("GET", "POST"):
                    backend.forget()
                    client.request(method, path, headers={**FORGED, **TOKEN, "X-CSRFToken": "kept"})
                    [arrived] = backend.requests
                    tried += 1
                    assert arrived.headers["x-real-ip"] == arrived.headers["x-forwarded-for"] == "127.0.0.1"
                    assert arrived.headers["x-forwarded-proto"] == "http"
                    assert arrived.headers["x-request-id"] != FORGED["X-Request-ID"]
                    assert arrived.headers["x-forwarded-host"] == arrived.headers["host"] != "evil.example"
                    assert arrived.headers["x-csrftoken"] == "kept"
                    left = {"x-user-id", "x-user-roles", "x-staff-email", "x-forwarded-user", "forwarded"}
                    left |= {"x-http-method-override", "x-anything-else"}
                    assert not left & arrived.headers.keys(), (path, arrived.headers)
    assert tried > 100


def test_permitted_client_headers_reach_the_service(gateway, backend):
    said = {
        **TOKEN,
        "Idempotency-Key": "k-1",
        "If-Match": '"7"',
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "Accept-Language": "de",
        "Content-Type": "application/json",
    }
    gateway.http.post("/api/v1/orders/?a=1", headers=said, content=b'{"x":1}')
    [arrived] = backend.requests
    assert (arrived.service, arrived.path, arrived.body) == ("orders", "/api/v1/orders/?a=1", b'{"x":1}')
    for name, value in said.items():
        assert arrived.headers[name.lower()] == value


def test_a_webhook_arrives_with_its_signature_and_its_body_untouched(gateway, backend):
    body = b'{ "spaces": "are  part of what was signed" }'
    gateway.http.post("/api/v1/payment-webhooks/sandbox/", headers={"Sandbox-Signature": "t=1,v1=x"}, content=body)
    [arrived] = backend.requests
    assert (arrived.body, arrived.headers["sandbox-signature"]) == (body, "t=1,v1=x")


def test_cookies_reach_the_services_by_the_staff_listener_only(gateway, backend):
    gateway.http.get("/api/v1/products/", headers={"Cookie": "souk_staff=x"})
    gateway.staff.get("/api/v1/products/", headers={"Cookie": "souk_staff=x"})
    by_public, by_staff = backend.requests
    assert "cookie" not in by_public.headers
    assert by_staff.headers["cookie"] == "souk_staff=x"


def test_staff_routes_are_absent_from_the_public_listener(gateway, backend):
    routes = [route for route in proxied_routes(gateway.configuration) if route.staff_only]
    assert len(routes) >= 8
    for route in routes:
        for path in route.paths():
            answer = gateway.http.get(path, headers=TOKEN)
            assert answer.status_code == 404, path
            assert answer.json()["code"] == "not_found"
            assert gateway.staff.get(path, headers={"Cookie": "souk_staff=x"}).status_code == 200
    assert all(each.headers["host"].endswith(str(gateway.staff_port)) for each in backend.requests)


@pytest.mark.parametrize(
    "path",
    [
        "/internal/token-check/",
        "/metrics",
        "/health/ready",
        "/sandbox/payments/books/",
        "/sandbox/payments/faults/",
        "/sandbox/courier/books/",
        "/sandbox/mailbox/",
        "/mailbox/messages/",
        "/nginx.conf",
        "/static../run/nginx.conf",
        "/pages/../nginx.conf",
        "/api/docs/../../nginx.conf",
    ],
)
def test_internal_addresses_are_not_found_by_the_public(gateway, backend, path):
    answer = gateway.http.get(path)
    assert answer.status_code in {400, 404}
    assert not backend.requests


def test_a_customer_reaches_the_providers_own_pages(gateway, backend):
    gateway.http.get("/sandbox/payments/challenges/abc/?x=1")
    gateway.http.post("/sandbox/payments/challenges/abc/confirm/")
    gateway.http.get("/sandbox/courier/track/SK1")
    assert [(each.service, each.path) for each in backend.requests] == [
        ("sandbox", "/payments/challenges/abc/?x=1"),
        ("sandbox", "/payments/challenges/abc/confirm/"),
        ("sandbox", "/courier/track/SK1"),
    ]


def test_a_socket_is_upgraded_and_stays_open_both_ways(gateway):
    with gateway.connect() as client:
        client.sendall(
            b"GET /ws/?ticket=secret-ticket&last_seq=3 HTTP/1.1\r\nHost: souk\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Origin: http://souk\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        received = b""
        while b"hello over there" not in received:
            part = client.recv(4096)
            assert part, received
            received += part
    assert received.startswith(b"HTTP/1.1 101")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in received


def test_a_post_is_sent_once_even_when_the_service_breaks_off(gateway, backend):
    answer = gateway.http.post("/api/v1/auth/token/?hang=1", json={})
    assert answer.status_code == 503
    assert len(backend.requests) == 1
