"""The account pages, and the two addresses that a signed link opens without a token."""

from __future__ import annotations

import re

import pytest

from chassis.core.money import EXPONENTS

FORMS = ["sign-in", "verify-email", "forgot-password", "reset-password"]
ORDER = "/account/orders/0198f2a4-7c1e-7abc-8def-0123456789ab/"
SIGNED_IN = ["/account/orders/", "/account/reviews/", "/account/preferences/", "/account/data/"]
PAGES = [*(f"/account/{name}/" for name in FORMS), *SIGNED_IN, ORDER, f"{ORDER}payment/", f"{ORDER}review/"]


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
    forms = {"sign-in.js", "verify-email.js", "reset-password.js", "mail-form.js"}
    seen, open_ = set(), {"order.js", "orders.js", "reviews.js", "preferences.js", "data.js", *forms}
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
    cards, other = (re.compile(rf'<fieldset class="{name}" hidden disabled>') for name in ("sandbox", "plain"))
    production = start(SANDBOX_UPSTREAM="")
    for there, sandbox in ((gateway, True), (production, False)):
        page = there.http.get(ORDER).text
        assert '<form id="pay-form" method="post">' in page, "who was declined can pay in any case"
        assert (bool(cards.search(page)), bool(other.search(page))) == (not sandbox, sandbox)
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
def test_neighboring_addresses_still_need_a_token(gateway, backend, path):
    assert gateway.http.get(path).status_code == 401
    assert not backend.seen


def test_the_pages_bear_the_name_that_the_settings_give_the_shop(start):
    named = start(SHOP_NAME="Tom & Jerry")
    for path in PAGES:
        page = named.http.get(path).text
        assert "Tom &amp; Jerry</title>" in page
        assert "souk" not in re.sub(r"/pages/souk\.\w+|<!--.*?-->", "", page).lower(), path


def test_no_page_names_a_number_of_days_or_hours_that_is_the_services_to_decide(gateway):
    for path in PAGES:
        page = gateway.http.get(path).text
        assert not re.search(r"\b(\d+|one|two|thirty)( \w+)? (days?|weeks?|months?|hours?)\b", page, re.IGNORECASE), (
            path
        )


def test_every_link_of_a_page_leads_to_a_page(gateway):
    for path in PAGES:
        for link in re.findall(r'<a [^>]*href="(/account/[^"]*)"', gateway.http.get(path).text):
            assert gateway.http.get(link).status_code == 200, (path, link)
    for link in re.findall(r'"(/account/[\w/-]+/)":', gateway.http.get("/account/show.js").text):
        assert gateway.http.get(link).status_code == 200, link


def test_without_its_token_the_reset_page_says_so_at_once(gateway):
    script = gateway.http.get("/account/reset-password.js").text
    assert 'if (!token) swap($("asking"), $("incomplete"));' in script
    assert 'id="incomplete" hidden' in gateway.http.get("/account/reset-password/").text
