"""Hostile input for every operation of a service: `from testkit.hostile import *  # noqa: F403`.

The module that imports it overrides `known`: values for path parameters and body fields, by name, of objects
that belong to the customer. `HOSTILE_CASES=20000` tries more cases; runs with the same number are identical.

Why not Schemathesis: it sends what a schema forbids, but knows neither our roles, headers, tokens and keys nor
the limits of other engines' columns, and it needs ten packages.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from testkit import hostile_values as nasty
from testkit.attacks import JSON, Attacks, Callers, Case, seen, undone
from testkit.operations import Operation, Path, encoded, operations, places, replaced
from testkit.strict_input import (
    test_query_parameters_are_known_given_once_and_of_their_type,
    test_values_in_bodies_have_the_type_of_their_field,
)
from testkit.strictness import strict_columns

__all__ = [
    "attacks",
    "callers",
    "known",
    "public",
    "test_forged_identities_change_nothing",
    "test_hostile_bodies_get_problem_documents",
    "test_hostile_headers_and_keys_get_problem_documents",
    "test_hostile_paths_and_queries_get_problem_documents",
    "test_hostile_queries_break_no_admin_page",
    "test_query_parameters_are_known_given_once_and_of_their_type",
    "test_somebody_elses_object_looks_like_a_missing_one",
    "test_values_in_bodies_have_the_type_of_their_field",
]

CASES = int(os.environ.get("HOSTILE_CASES", "700"))


@pytest.fixture
def known(db: None) -> dict[str, Any]:
    """Override this: values that belong to the customer, by the names of path parameters and body fields."""
    return {}


@pytest.fixture
def public() -> set[str]:
    """Override this: path parameters of objects that everybody may see."""
    return set()


@pytest.fixture
def callers(api: Callable[..., Any], staff: Callable[..., Client]) -> Callers:
    guarded = staff()
    guarded.handler.enforce_csrf_checks = True
    return {
        "customer": api(),
        "nobody": api(None),
        "somebody else": api(uuid4()),
        "staff": staff(),
        "staff without CSRF token": guarded,
    }


@pytest.fixture
def attacks(known: dict[str, Any], callers: Callers) -> Iterator[Attacks]:
    made = Attacks(callers)

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.msg.get("exception", "") if isinstance(record.msg, dict) else str(record.exc_info or "")
            made.logged.append(" | ".join(error.strip().splitlines()[-3:]))

    root = logging.getLogger()
    handlers, root.handlers = root.handlers, [Keep(logging.ERROR)]
    logging.disable(logging.WARNING)
    with ExitStack() as left:
        left.callback(logging.disable, logging.NOTSET)
        left.callback(setattr, root, "handlers", handlers)
        left.enter_context(strict_columns())
        for client in callers.values():
            client.get("/health/live")  # the first request of a staff member stores a row
        yield made


def _with_key(operation: Operation) -> dict[str, str]:
    return {"HTTP_IDEMPOTENCY_KEY": nasty.new_key()} if operation.needs_key else {}


def _body(operation: Operation) -> bytes:
    return b"" if operation.body is None else encoded(operation.body)


def test_hostile_bodies_get_problem_documents(attacks: Attacks, known: dict[str, Any]) -> None:
    cases: list[Case] = []
    for one in operations(known):

        def case(about: str, body: bytes, at: str = "", media_type: str = JSON, one: Operation = one) -> None:
            cases.extend(
                Case(role, one.method, one.url(known), about, body, media_type, _with_key(one), at)
                for role in attacks.callers
            )

        for raw in (*nasty.RAW, nasty.MANY_FIELDS):
            case(f"body {raw[:40]!r} of {len(raw)}", raw)
        for media_type in nasty.MEDIA_TYPES:
            case(f"as {media_type[:50]!r}", _body(one) or b"{}", media_type=media_type)
        if not isinstance(one.body, dict):
            continue
        for value in nasty.VALUES:
            case(f"whole body {value!r:.60}", encoded(value))
            for place in places(one.body):
                case(f"{place} = {value!r:.60}", encoded(replaced(one.body, place, value)), str(place[0]))
        for unknown in ("is_staff", "id", "customer_id", "__proto__", "\x00", "x" * 5_000, "é.ü"):
            case(f"field {unknown[:20]!r} more", encoded({**one.body, unknown: True}))
        for name in one.body:
            case(f"no {name}", encoded({key: value for key, value in one.body.items() if key != name}))
        chance = random.Random(one.name)
        spots = list(places(one.body))
        for _ in range(40 if spots else 0):
            body = one.body
            for _ in range(3):
                value = chance.choice(nasty.VALUES)
                with_it = chance.choice(spots)
                try:
                    body = replaced(body, with_it, value)
                except (TypeError, KeyError, IndexError):
                    continue  # an earlier replacement has removed the place
            case("several odd values", encoded(body))
    attacks.all(cases, CASES)


def test_hostile_paths_and_queries_get_problem_documents(attacks: Attacks, known: dict[str, Any]) -> None:
    cases: list[Case] = []
    for one in operations(known):

        def case(about: str, url: str, method: str = "", weight: int = 1, one: Operation = one) -> None:
            cases.extend(
                Case(role, method or one.method, url, about, _body(one), headers=_with_key(one), weight=weight)
                for role in attacks.callers
            )

        url = one.url(known)
        for name in one.parameters["path"]:
            for odd in nasty.IN_PATHS:
                case(f"{name} = {odd[:30]}", one.url(known, **{name: odd}), weight=2)
        for name in sorted(one.parameters["query"].keys() | (nasty.PARAMETERS if one.method == "GET" else {"format"})):
            weight = 1 if name in one.parameters["query"] else 10
            for text in (*nasty.TEXTS, *(nasty.CURSORS if name == "cursor" else ()), "-1", "0", "3", str(10**30)):
                value = quote(text.encode("utf-8", "surrogatepass"))
                case(f"{name} = {text[:30]!r}", f"{url}?{name}={value}", weight=weight)
            for query in ("{0}=a&{0}=b", "{0}[]=1", "{0}[$ne]=1", "{0}__gt=1", "{0}=%", "{0}"):
                case(query, f"{url}?{query.format(name)}", weight=weight)
        for query in nasty.QUERIES:
            case(query[:30], f"{url}?{query}", weight=4)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"):
            case("method", url, method, weight=3)
    for path in nasty.PATHS:
        cases.extend(Case("nobody", method, path, "method", b"{}") for method in ("GET", "POST", "DELETE", "BREW"))
    attacks.all(cases, CASES)


def test_hostile_headers_and_keys_get_problem_documents(attacks: Attacks, known: dict[str, Any]) -> None:
    cases: list[Case] = []
    for one in operations(known):
        sent = one.method, one.url(known)
        for role in attacks.callers:
            for odd in nasty.ODD_HEADERS:
                cases.append(Case(role, *sent, f"{odd!r:.60}", _body(one), headers={**_with_key(one), **odd}))
            for key in nasty.KEYS:
                cases.append(Case(role, *sent, f"key {key!r:.30}", _body(one), headers={"HTTP_IDEMPOTENCY_KEY": key}))
            if one.needs_key:
                cases.append(Case(role, *sent, "no key", _body(one)))
    attacks.all(cases, CASES)
    for one in operations(known):
        if one.needs_key:
            for role in attacks.callers:
                with undone():
                    _reuse(attacks, role, one, known)
    assert not attacks.wrong, attacks.wrong


def _reuse(attacks: Attacks, role: str, one: Operation, known: dict[str, Any]) -> None:
    sent = Case(role, one.method, one.url(known), "a key", _body(one), headers=_with_key(one))
    first, again = attacks.send(sent), attacks.send(sent)
    if first.status_code < 400:
        assert (again.status_code, again.content) == (first.status_code, first.content), one.name
        other = Case(role, one.method, one.url(known), "the key again", b'{"other": 1}', headers=sent.headers)
        assert attacks.request(other).json()["code"] == "idempotency_key_reused", one.name


def test_forged_identities_change_nothing(attacks: Attacks, known: dict[str, Any], customer_id: UUID) -> None:
    """Neither a header nor a forged token identifies anybody."""
    if not connection.features.uses_savepoints:
        pytest.skip("only on an engine that takes back what a request did: signing out, for one")
    forged = nasty.forged_tokens(customer_id)
    said = nasty.forged_identity(customer_id)
    for one in operations(known):

        def asked(about: str, headers: Mapping[str, str], role: str = "nobody", one: Operation = one) -> Any:
            sent = Case(role, one.method, one.url(known), about, _body(one), headers={**_with_key(one), **headers})
            with undone():
                return seen(attacks.send(sent))

        def differ(left: Any, right: Any, one: Operation = one) -> bool:
            """Return whether the responses differ; objects that a request creates have ids of their own."""
            return bool(left != right if one.method == "GET" or left[0] >= 400 else left[0] != right[0])

        nobody, other = asked("plain", {}), asked("plain", {}, "somebody else")
        assert other[0] != 401 or other == nobody, f"{one.name}: good tokens must be taken, or this test says nothing"
        if differ(asked("said", said), nobody) or differ(asked("said", said, "somebody else"), other):
            attacks.wrong.append(f"{one.name}: a header says who it is")
        for about, token in forged.items():
            answer = asked(f"token: {about}", {"HTTP_AUTHORIZATION": f"Bearer {token}"})
            if answer[0] != 401 and differ(answer, nobody):
                attacks.wrong.append(f"{one.name}, forged token ({about}): {answer[0]}")
    assert not attacks.wrong, "\n".join(attacks.wrong[:40])


def test_somebody_elses_object_looks_like_a_missing_one(
    attacks: Attacks, known: dict[str, Any], public: set[str]
) -> None:
    compared, hidden = 0, []
    for one in operations(known):
        query = {name for name, kind in one.parameters["query"].items() if kind == "uuid"}
        spots = {place[-1]: place for place in places(one.body) if isinstance(place[-1], str)}
        mine = {name: value for name, value in known.items() if isinstance(value, UUID) and name not in public}
        for name in mine.keys() & {*one.parameters["path"], *query, *spots}:
            place = spots.get(name)

            def asked(
                role: str,
                value: UUID,
                name: str = name,
                place: Path | None = place,
                one: Operation = one,
                query: set[str] = query,
            ) -> Any:
                url = one.url({**known, name: value}) + (f"?{name}={value}" if name in query else "")
                body = encoded(replaced(one.body, place, value)) if place else _body(one)
                with undone():
                    return seen(attacks.send(Case(role, one.method, url, name, body, headers=_with_key(one))), value)

            owner = asked("customer", mine[name])
            for role in ("somebody else", "nobody"):
                theirs, missing = asked(role, mine[name]), asked(role, uuid4())
                compared += 1
                if theirs != missing:
                    attacks.wrong.append(f"{one.name} by {role}, {name}: {theirs} and {missing}")
            if owner == asked("customer", uuid4()):
                hidden.append(f"{one.name}, {name}")
    print(f"{compared} comparisons; of no interest to the owner either: {hidden}")
    assert not attacks.wrong, "\n".join(attacks.wrong[:40])
    assert compared or not any(one.parameters["path"] for one in operations(known)) or public


def test_hostile_queries_break_no_admin_page(attacks: Attacks) -> None:
    for model, site in admin.site._registry.items():
        listing = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        queries = [*nasty.ADMIN_QUERIES, f"{site.date_hierarchy}__year=99999"]
        urls = [f"{listing}?{query}" for query in queries] + [f"{listing}{odd}/change/" for odd in nasty.IN_PATHS[::4]]
        for url in urls:
            asked = Case("staff", "GET", url, "admin", headers={"HTTP_ACCEPT": "text/html"})
            if (status := attacks.request(asked).status_code) >= 500:
                attacks.wrong.append(f"{url[:150]}: {status} {attacks.logged[-1:]}")
    assert not attacks.wrong, "\n".join(attacks.wrong[:40])
