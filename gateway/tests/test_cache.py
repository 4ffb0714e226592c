"""Anonymous reads are answered from the cache; no customer gets another one's response."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from backend import Backend

READS = ["/api/v1/products/", "/api/v1/categories/", "/api/v1/reviews/", "/api/v1/ratings/", "/.well-known/jwks.json"]
_numbers = itertools.count()


def fresh(path, query=""):
    return f"{path}?n={next(_numbers)}{query}"


def token(name):
    return {"Authorization": f"Bearer {name:a<12}.bbbbbbbbbbbb.cccccccccccccccccccccccc"}


@pytest.mark.parametrize("path", READS)
def test_the_second_anonymous_read_does_not_reach_the_service(gateway, backend, path):
    path = fresh(path)
    first, second = gateway.http.get(path), gateway.http.get(path)
    assert first.json() == second.json()
    assert len(backend.requests) == 1
    assert second.headers["x-cache"] == "HIT"


def test_anonymous_and_signed_in_readers_mixed_get_each_their_own(gateway, backend):
    path = fresh("/api/v1/products/", "&control=public,max-age=60")
    names = [None, "alice", "bob", None, "carol"] * 1000
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda name: gateway.http.get(path, headers=token(name) if name else {}), names))
    for name, answer in zip(names, answers, strict=True):
        assert answer.json()["for"] == (token(name)["Authorization"] if name else None)
    assert len([each for each in backend.requests if "authorization" not in each.headers]) == 1
    assert len([each for each in backend.requests if "authorization" in each.headers]) == 3000


def test_an_answer_to_a_signed_in_reader_is_never_kept_even_when_it_says_so(gateway, backend):
    path = fresh("/api/v1/reviews/", "&control=public,max-age=60")
    gateway.http.get(path, headers=token("alice"))
    assert gateway.http.get(path).json()["for"] is None


def test_a_reader_with_a_cookie_is_neither_served_from_the_cache_nor_kept(gateway, backend):
    path = fresh("/api/v1/products/", "&control=public,max-age=60")
    for _ in range(2):
        gateway.staff.get(path, headers={"Cookie": "souk_staff=x"})
    gateway.staff.get(path)
    assert len(backend.requests) == 3


@pytest.mark.parametrize("unkept", ["&cookie=a%3Db", "&control=private", "&control=no-store", "&status=500", "&vary=*"])
def test_responses_that_must_not_be_cached_are_not(gateway, backend, unkept):
    path = fresh("/api/v1/products/", unkept)
    for _ in range(2):
        gateway.http.get(path)
        gateway.http.cookies.clear()
    assert len(backend.requests) == 2


@pytest.mark.parametrize("path", ["/api/v1/orders/", "/api/v1/users/me/", "/api/v1/payments/", "/api/v1/devices/"])
def test_personal_responses_are_never_cached(gateway, backend, path):
    path = fresh(path, "&control=public,max-age=60")
    gateway.http.get(path, headers=token("alice"))
    gateway.http.get(path, headers=token("alice"))
    assert len(backend.requests) == 2


def test_the_services_own_word_on_time_counts(gateway, backend):
    path = fresh("/api/v1/products/", "&control=public,max-age=60")
    gateway.http.get(path)
    time.sleep(2.2)
    assert gateway.http.get(path).headers["x-cache"] == "HIT"


def test_an_old_answer_is_served_while_a_new_one_is_fetched(gateway, backend):
    path = fresh("/api/v1/products/", "&control=public,max-age=1")
    old = gateway.http.get(path).json()["number"]
    time.sleep(2.1)
    assert gateway.http.get(path).json()["number"] == old
    deadline = time.monotonic() + 5
    while gateway.http.get(path).json()["number"] == old:
        assert time.monotonic() < deadline


def test_a_cached_page_is_served_while_its_service_is_unavailable(start):
    with Backend() as other:
        gateway = start(PRODUCTS_UPSTREAM=other.address("products"), RATE_LIMIT="off")
        read, alone = (fresh(path, "&control=public,max-age=1") for path in ("/api/v1/products/", "/api/v1/reviews/"))
        old = gateway.http.get(read).json()["number"]

    def stale():
        answer = gateway.http.get(read)
        assert (answer.status_code, answer.json()["number"]) == (200, old)
        return answer.headers["x-cache"] == "STALE"

    deadline = time.monotonic() + 5
    while not stale():
        assert time.monotonic() < deadline
    unread = gateway.http.get(fresh("/api/v1/products/"))
    assert (unread.status_code, unread.json()["code"]) == (503, "unavailable")
    assert int(unread.headers["retry-after"]) >= 1
    assert gateway.http.get(alone).status_code == 200, "the others are unaffected"


def test_many_at_once_make_one_request(gateway, backend):
    path = fresh("/api/v1/categories/", "&control=public,max-age=60")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: gateway.http.get(path), range(40)))
    assert len(backend.requests) == 1


def test_a_host_of_the_clients_choice_poisons_only_its_own_entry(gateway, backend):
    path = fresh("/api/v1/products/", "&control=public,max-age=60")
    gateway.http.get(path, headers={"Host": "evil.example"})
    gateway.http.get(path)
    assert [each.headers["host"] for each in backend.requests] == ["evil.example", f"127.0.0.1:{gateway.port}"]


def test_a_condition_is_answered_from_the_cache_without_emptying_it(gateway, backend):
    path = fresh("/api/v1/products/", '&control=public,max-age=60&etag="7"')
    known = gateway.http.get(path, headers={"If-None-Match": '"7"'})
    assert known.status_code == 304
    assert gateway.http.get(path).json()["service"] == "products"
    assert len(backend.requests) == 1


def test_a_condition_of_a_signed_in_reader_is_passed_on(gateway, backend):
    gateway.http.get(fresh("/api/v1/products/"), headers={**token("alice"), "If-None-Match": '"7"'})
    assert backend.requests[0].headers["if-none-match"] == '"7"'
