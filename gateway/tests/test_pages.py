"""The account pages, and the two addresses that a signed link opens without a token."""

from __future__ import annotations

import re

import pytest

from chassis.money import EXPONENTS

FORMS = ["sign-in", "verify-email", "forgot-password", "reset-password"]
ORDER = "/account/orders/0198f2a4-7c1e-7abc-8def-0123456789ab/"
PAGES = [*(f"/account/{name}/" for name in FORMS), "/account/orders/", ORDER, f"{ORDER}payment/"]


def policy(answer):
    directives = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {name: values for name, *values in directives}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_served_under_a_policy_that_lets_only_our_own_files_run(gateway, path):
    answer = gateway.http.get(f"{path}?token=secret")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    allowed = policy(answer)
    assert allowed["default-src"] == ["'none'"]
    assert allowed["script-src"] == allowed["style-src"] == allowed["connect-src"] == ["'self'"]
    assert allowed["frame-ancestors"] == ["'none'"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_inline_and_nothing_from_elsewhere_and_brings_all_it_names(gateway, path):
    page = gateway.http.get(path).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert "%{" not in page
    named = re.findall(r'<(?:script|link)[^>]*\s(?:src|href)="([^"]+)"', page)
    assert len(named) >= 4
    for address in named:
        assert address.startswith("/")
        assert gateway.http.get(address).status_code == 200, address


def test_the_modules_import_only_modules_that_are_there(gateway):
    seen, open_ = set(), {"order.js", "orders.js", "sign-in.js", "verify-email.js", "reset-password.js", "mail-form.js"}
    while open_ - seen:
        name = (open_ - seen).pop()
        seen.add(name)
        answer = gateway.http.get(f"/account/{name}")
        assert answer.headers["content-type"].startswith("text/javascript"), name
        open_ |= set(re.findall(r'^import .*"\./([\w-]+\.js)";$', answer.text, re.MULTILINE))
    assert {"api.js", "live.js", "forms.js", "show.js", "status.js"} <= seen


def test_the_pages_know_the_decimals_of_the_same_currencies(gateway):
    table = re.search(r"const DECIMALS = \{(.*?)\}", gateway.http.get("/account/show.js").text, re.DOTALL)
    assert table
    assert {code: int(decimals) for code, decimals in re.findall(r"([A-Z]{3}): (\d)", table[1])} == EXPONENTS


def test_a_page_is_the_same_for_everybody_and_is_never_kept_without_asking(gateway, backend):
    plain = gateway.http.get(ORDER)
    mine = gateway.http.get(f"{ORDER}?token=a", headers={"Authorization": "Bearer a.b.c", "Cookie": "a=b"})
    assert plain.text == mine.text
    for answer in (plain, mine, gateway.http.get("/account/api.js")):
        assert answer.headers["cache-control"] == "no-cache"
        assert "x-cache" not in answer.headers
    known = {"If-None-Match": plain.headers["etag"]}
    unchanged = gateway.http.get(ORDER, headers=known)
    assert unchanged.status_code == 304
    assert "content-security-policy" not in unchanged.headers, "a browser would put it in place of the page's own"
    assert not backend.seen


def test_the_sandboxs_cards_are_hidden_where_there_is_no_sandbox(gateway, start):
    form = re.compile(r'<form id="pay-form"[^>]* hidden>')
    assert not form.search(gateway.http.get(ORDER).text)
    production = start(SANDBOX_UPSTREAM="")
    assert form.search(production.http.get(ORDER).text)
    assert "mailbox/" not in production.http.get("/account/sign-in/").text


def test_the_way_to_a_page_is_found_and_what_is_no_page_is_not(gateway):
    assert gateway.http.get("/account/").headers["location"] == "/account/orders/"
    assert gateway.http.get("/account/sign-in").headers["location"] == "/account/sign-in/"
    for path in ("/account/nothing/", "/account/orders/a/b/c/", "/account/../nginx.conf", "/account../nginx.conf"):
        assert gateway.http.get(path).status_code == 404
    assert gateway.staff.get("/account/sign-in/").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("GET", "/api/v1/notification-preferences/unsubscribe/?token=signed", "notifications"),
        ("POST", "/api/v1/notification-preferences/unsubscribe/?token=signed", "notifications"),
        ("GET", "/api/v1/shipments/0198f2a4-7c1e-7abc-8def-0123456789ab/label/?signature=signed", "shipping"),
    ],
)
def test_a_signed_link_from_a_mail_opens_without_a_token(gateway, backend, method, path, service):
    for _ in range(2):
        assert gateway.http.request(method, path).status_code == 200
    assert [(each.service, each.method, each.path) for each in backend.seen] == [(service, method, path)] * 2
    assert "signed" not in gateway.access_log()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/notification-preferences/",
        "/api/v1/notification-preferences/unsubscribe/x/",
        "/api/v1/shipments/",
        "/api/v1/shipments/x/",
        "/api/v1/shipments/x/label/y/",
        "/api/v1/shipments/x/y/label/",
    ],
)
def test_what_lies_beside_them_still_needs_one(gateway, backend, path):
    assert gateway.http.get(path).status_code == 401
    assert not backend.seen
