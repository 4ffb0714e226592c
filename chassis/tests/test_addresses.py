"""Allowed host names, and the redirect when the trailing slash is missing."""

from __future__ import annotations

import pytest
from django.http import HttpResponseRedirect
from django.test import Client, RequestFactory

from chassis.http import shutdown
from chassis.http.middleware import AddressMiddleware

METHODS = ["post", "put", "patch", "delete"]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_a_probe_is_answered_whatever_host_it_names(client, settings, path):
    settings.ALLOWED_HOSTS = ["shop.example"]
    for host in ("10.1.2.3:8000", "nobodys.example", "shop.example"):
        assert client.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/schemas/probe/", "/admin/probe/", "/health/lively", "/nowhere/"])
def test_all_else_needs_a_host_of_ours(client, settings, path):
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert client.get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 400


@pytest.mark.django_db
def test_a_leaving_instance_is_alive_and_no_longer_ready(client, monkeypatch):
    assert client.get("/health/ready").status_code == 200
    monkeypatch.setattr("chassis.http.health.is_shutting_down", lambda: True)
    assert (client.get("/health/live").status_code, client.get("/health/ready").status_code) == (200, 503)
    assert client.get("/health/ready").json()["status"] == "leaving"
    assert not shutdown.is_shutting_down()


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_a_missing_slash_keeps_the_method(client, settings, method, debug):
    settings.DEBUG = debug
    answer = getattr(client, method)("/api/v1/schemas/probe?x=1", headers={"X-Forwarded-Host": "evil.example"})
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/schemas/probe/?x=1")


def answered(method: str, path: str, location: str) -> object:
    middleware = AddressMiddleware(lambda request: HttpResponseRedirect(location))
    return middleware(getattr(RequestFactory(), method)(path))


@pytest.mark.parametrize("method", METHODS)
def test_an_unauthenticated_write_gets_401_and_no_redirect(method):
    for location in ("/admin/probe/login/?next=/admin/probe/x/", "/admin/users/login/?next=/x"):
        assert answered(method, "/admin/probe/x/", location).status_code == 401
        assert answered(method, "/admin/probe/login/", location).status_code == 401
        assert answered("get", "/admin/probe/x/", location).status_code == 302
    assert answered(method, "/admin/probe/logout/", "/admin/users/login/").status_code == 302
    assert answered(method, "/admin/probe/x/", "/admin/probe/").status_code == 302, "done; this is where to look"
