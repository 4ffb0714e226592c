"""Invalid input is refused, not interpreted, by each operation in a service's OpenAPI document."""

from __future__ import annotations

from typing import Any

from testkit.attacks import Attacks, Case, undone
from testkit.hostile_values import new_key
from testkit.operations import Operation, encoded, operations, places, replaced

__all__ = [
    "test_query_parameters_are_known_given_once_and_of_their_type",
    "test_values_in_bodies_have_the_type_of_their_field",
]

_MISTYPED = {"integer": "3rd", "int64": "3rd", "uuid": "x", "boolean": "maybe", "date-time": "yesterday"}
_REFUSED_FOR_OTHER_REASONS = {401, 403, 404, 405}


def test_query_parameters_are_known_given_once_and_of_their_type(attacks: Attacks, known: dict[str, Any]) -> None:
    for one in operations(known):
        if one.method != "GET":
            continue
        queries = {"no_such_parameter=1": "no_such_parameter"}
        for name, kind in one.parameters["query"].items():
            if kind in _MISTYPED:
                queries |= {f"{name}={_MISTYPED[kind]}": name, f"{name}=": name}
            if kind != "array":
                queries[f"{name}=1&{name}=2"] = name
        for query, name in queries.items():
            answer = attacks.request(Case("customer", "GET", f"{one.url(known)}?{query}", query))
            if answer.status_code != 400 or name not in _fields(answer):
                attacks.wrong.append(f"{one.name}?{query}: {answer.status_code} {answer.content[:150]!r}")
    assert not attacks.wrong, "\n".join(attacks.wrong)


def test_values_in_bodies_have_the_type_of_their_field(attacks: Attacks, known: dict[str, Any]) -> None:
    for one in operations(known):
        if not isinstance(one.body, dict):
            continue
        for place in places(one.body):
            value = one.body
            for step in place:
                value = value[step]
            for odd in _of_other_types(value):
                for answer in _answers(attacks, one, known, encoded(replaced(one.body, place, odd))):
                    named = {".".join(map(str, place[: depth + 1])) for depth in range(len(place))}
                    if answer.status_code != 400 or not named & _fields(answer):
                        attacks.wrong.append(
                            f"{one.name}, {place} = {odd!r}: {answer.status_code} {answer.content!r:.200}"
                        )
    assert not attacks.wrong, "\n".join(attacks.wrong[:40])


def _of_other_types(value: Any) -> tuple[Any, ...]:
    match value:
        case bool():
            return ("yes", "true", 1)
        case int():
            return ("1", True, 1.5)
        case list():
            return ("x", 5, {})
        case dict():
            return ("x", 5, [])
        case _:
            return (5, True, 1.5, [], {})


def _answers(attacks: Attacks, one: Operation, known: dict[str, Any], body: bytes) -> list[Any]:
    """Return the answers to those who may use the operation."""
    found = []
    for role in ("nobody", "customer", "staff"):
        key = {"HTTP_IDEMPOTENCY_KEY": new_key()} if one.needs_key else {}
        with undone():
            answer = attacks.request(Case(role, one.method, one.url(known), "type", body, headers=key))
        if answer.status_code not in _REFUSED_FOR_OTHER_REASONS:
            found.append(answer)
    return found


def _fields(answer: Any) -> set[str]:
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return set()
    return {error["field"] for error in answer.json().get("errors", ())}
