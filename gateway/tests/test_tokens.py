"""The early refusal of invalid tokens."""

from __future__ import annotations

import itertools

import pytest
from routes import proxied_routes

_numbers = itertools.count()


def fresh_token():
    return {"Authorization": f"Bearer aaaaaaaaaa.{next(_numbers):012}.cccccccccccccccccccccccc"}


def test_every_protected_route_refuses_who_shows_no_token(gateway, backend):
    routes = [route for route in proxied_routes(gateway.configuration) if route.protected and route.paths()]
    assert len(routes) >= 12
    for path in (path for route in routes for path in route.paths()):
        for client in (gateway.http, gateway.staff):
            answer = client.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "not_authenticated"
    assert not backend.seen


def test_a_revoked_token_is_refused_and_a_good_one_passes(gateway, backend):
    good, revoked = fresh_token(), fresh_token()
    backend.revoked.add(revoked["Authorization"])
    assert gateway.http.get("/api/v1/orders/", headers=good).status_code == 200
    assert gateway.http.get("/api/v1/orders/", headers=revoked).status_code == 401
    assert len(backend.requests) == 1


@pytest.mark.parametrize("path", ["/api/v1/reviews/", "/api/v1/products/x/"])
def test_a_write_to_what_everybody_reads_needs_a_living_token(gateway, backend, path):
    revoked = fresh_token()
    backend.revoked.add(revoked["Authorization"])
    assert gateway.http.get(path).status_code == 200
    assert gateway.http.post(path, json={}).status_code == 401
    assert gateway.http.post(path, json={}, headers=revoked).status_code == 401
    assert gateway.http.post(path, json={}, headers=fresh_token()).status_code == 200
    assert [each.method for each in backend.requests] == ["GET", "POST"]


def test_an_answer_is_believed_for_some_seconds(gateway, backend):
    token = fresh_token()
    for _ in range(5):
        gateway.http.get("/api/v1/orders/", headers=token)
    assert len(backend.token_checks) == 1
    assert backend.token_checks[0].headers["authorization"] == token["Authorization"]


def test_tokens_that_differ_in_one_letter_are_asked_about_apart(gateway, backend):
    token = fresh_token()["Authorization"]
    backend.revoked.add(f"{token}x")
    assert gateway.http.get("/api/v1/orders/", headers={"Authorization": token}).status_code == 200
    assert gateway.http.get("/api/v1/orders/", headers={"Authorization": f"{token}x"}).status_code == 401


def test_a_failing_user_service_neither_locks_everybody_out_nor_is_believed(gateway, backend):
    token = fresh_token()
    backend.token_check_status = 503
    assert gateway.http.get("/api/v1/orders/", headers=token).status_code == 200
    backend.token_check_status = 0
    backend.revoked.add(token["Authorization"])
    assert gateway.http.get("/api/v1/orders/", headers=token).status_code == 401


def test_staff_with_their_cookie_reach_the_browsable_api_on_their_listener_only(gateway, backend):
    cookie = {"Cookie": "souk_staff=signed.by.users"}
    assert gateway.staff.get("/api/v1/orders/", headers=cookie).status_code == 200
    assert gateway.http.get("/api/v1/orders/", headers=cookie).status_code == 401
    assert len(backend.requests) == 1


def test_an_admin_opens_to_a_good_staff_cookie_and_sends_everybody_else_to_sign_in(gateway, backend):
    sign_in = "/admin/users/login/?next=/admin/orders/orders/order/"
    page = "/admin/orders/orders/order/?q=1"
    assert gateway.staff.get(page, headers={"Cookie": "souk_staff=good"}).status_code == 200
    backend.revoked.add("souk_staff=of.one.who.left")
    for cookie in ("souk_staff=of.one.who.left", "other=1", ""):
        answer = gateway.staff.get(page, headers={"Cookie": cookie})
        assert answer.status_code == 302
        assert answer.headers["location"].endswith(sign_in)
    assert gateway.staff.get("/admin/users/login/").status_code == 200, "the form is for everybody"
    assert [each.path for each in backend.requests] == [page, "/admin/users/login/"]


def test_staff_go_on_working_while_the_user_service_is_away(gateway, backend):
    backend.token_check_status = 503
    assert gateway.staff.get("/admin/orders/", headers={"Cookie": "souk_staff=unknown"}).status_code == 200


def test_the_body_of_a_checked_request_arrives_whole(gateway, backend):
    body = b"x" * 300_000
    gateway.http.post("/api/v1/orders/", headers=fresh_token(), content=body)
    assert backend.requests[0].body == body
    assert all(check.body == b"" for check in backend.token_checks)
