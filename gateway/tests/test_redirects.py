"""Redirects lead to the same host and do not turn a POST into a GET."""

from __future__ import annotations

import pytest
from routes import all_routes
from test_refusals import LISTENERS, get, request

METHODS = [b"POST", b"PUT", b"PATCH", b"DELETE"]


def slashless(configuration):
    """Return every address of a route without the slash at its end."""
    paths = {path for route in all_routes(configuration) for path in route.prefixes()}
    assert len(paths) > 20
    return sorted(paths)


def is_relative(location):
    return location.startswith("/") and not location.startswith(("//", "/\\"))


def test_a_missing_slash_is_added_without_changing_method_host_or_query(gateway, backend):
    for path in slashless(gateway.configuration):
        for listener in LISTENERS:
            for method in [b"GET", *METHODS]:
                line = b"%s %s?x=1 HTTP/1.1" % (method, path.encode())
                answer = gateway.ask(request(line, b"X-Forwarded-Host: evil.example", b"Content-Length: 0"), listener)
                if answer.status == 404 and listener == "public":
                    continue  # of the staff listener only
                assert answer.status == 308, (path, answer.received)
                assert answer.headers["location"] == f"{path}/?x=1"
                assert answer.body == ""
    assert not backend.requests


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    "target",
    [
        b"//evil.example/../account/sign-in",
        b"//evil.example/..//admin/orders",
        b"/%5cevil.example/../account/sign-in",
        b"/\\evil.example/../api/docs",
        b"http://evil.example/account/sign-in",
        b"http://evil.example/api/docs",
        b"/account/sign-in%0d%0aLocation:%20https://evil.example",
        b"/admin",
        b"/api/",
        b"/account/",
    ],
)
def test_a_redirect_never_leads_elsewhere(gateway, listener, target):
    for asked in (get(target), b"GET " + target + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"):
        answer = gateway.ask(asked, listener)
        assert "evil.example" not in answer.headers.get("location", "")
        assert is_relative(answer.headers.get("location", "/")), answer.received
        assert answer.status < 500


@pytest.mark.parametrize("method", METHODS)
def test_a_write_is_never_redirected_into_a_read(gateway, backend, method):
    for path in (b"/admin", b"/admin/", b"/admin/orders", b"/admin/orders/orders/order/", b"/api/", b"/api/docs"):
        answer = gateway.ask(request(b"%s %s HTTP/1.1" % (method, path), b"Content-Length: 0"), "staff")
        assert answer.status in {307, 308, 401}, answer.received
    answer = gateway.ask(request(method + b" /account/ HTTP/1.1", b"Content-Length: 0"))
    assert answer.status in {307, 308}
    assert not backend.requests


def test_staff_come_back_to_the_page_that_they_asked_for_and_to_no_other(gateway):
    for asked, page in {
        b"/admin/orders/x/?q=1": "/admin/orders/x/",
        b"/admin/orders/x&next=//evil.example": "/admin/orders/x",
        b"//evil.example/../admin/orders/": "/",
        b"/x/../admin/orders/": "/",
    }.items():
        answer = gateway.ask(get(asked), "staff")
        assert (answer.status, answer.headers["location"]) == (302, f"/admin/users/login/?next={page}")
