"""Strict query parameters: a request may use only those that the OpenAPI document declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.dateparse import parse_datetime
from rest_framework.views import APIView

from chassis.http import problems
from chassis.values.booleans import BOOLEANS

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_CONVERTER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
_MOST_ERRORS = 20
#: Chooses a renderer of the view, for browsers; DRF answers 404 to a format without one.
_FORMAT = "format"


class ParameterMiddleware:
    """Rejects unknown, repeated and invalid query parameters with a problem document that names each of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.META.get("QUERY_STRING") or not issubclass(getattr(view, "cls", object), APIView):
            return None
        method = "GET" if request.method == "HEAD" else str(request.method)
        declared = _declared().get((path_of(request), method))
        if declared is None:
            return None
        errors = list(_errors(request.GET, {_FORMAT: _format_of(view), **declared}))
        if not errors:
            return None
        detail = "; ".join(f"{error['field']}: {error['detail']}" for error in errors[:3])
        return problems.problem_response(400, "invalid_input", detail, errors=errors[:_MOST_ERRORS])


def _format_of(view: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [renderer.format for renderer in view.cls.renderer_classes]}


def _errors(given: QueryDict, declared: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name, values in given.lists():
        schema = declared.get(name)
        if schema is None:
            known = ", ".join(sorted(set(declared) - {_FORMAT})) or "none"
            yield _error(name, "unknown_parameter", f"Unknown parameter; there are: {known}.")
        elif schema["type"] == "array":
            wrong = [words for value in values if (words := _mismatch(schema["items"], value))]
            if wrong:
                yield _error(name, "invalid", wrong[0])
        elif len(values) > 1:
            yield _error(name, "repeated_parameter", "Give this parameter once.")
        elif words := _mismatch(schema, values[0]):
            yield _error(name, "invalid", words)


def _error(name: str, code: str, detail: str) -> dict[str, str]:
    return {"field": problems.shown(name), "code": code, "detail": problems.shown(detail)}


def _mismatch(schema: Mapping[str, Any], text: str) -> str:
    """Return what the parameter must be, in words, or "" when the text is that."""
    if "enum" in schema:
        choices = [str(choice) for choice in schema["enum"]]
        return "" if text in choices else f"One of {', '.join(choices)}."
    match schema["type"], schema.get("format"):
        case "integer", _:
            low, high = schema.get("minimum"), schema.get("maximum")
            if not _INTEGER.fullmatch(text):
                return "A whole number."
            within = (low is None or int(text) >= low) and (high is None or int(text) <= high)
            return "" if within else f"A whole number from {low} to {high}."
        case "boolean", _:
            return "" if text.casefold() in BOOLEANS else "true or false."
        case "string", "uuid":
            return "" if _is_uuid(text) else "A UUID."
        case "string", "date-time":
            return "" if _is_moment(text) else "A date and time as in 2026-05-04T12:00:00Z."
        case _:
            return ""


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        return parse_datetime(text) is not None
    except ValueError:
        return False


def path_of(request: HttpRequest) -> str:
    """Return the path as OpenAPI writes it: /api/v1/orders/{order_id}/."""
    match = request.resolver_match
    return "/" + _CONVERTER.sub(r"{\1}", match.route) if match else ""


@lru_cache(maxsize=1)
def _declared() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the schema of each query parameter, by path and method. Takes about 80 ms, once per process."""
    from chassis.http.openapi import Generator

    document = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return {
        (path, method.upper()): {
            one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "query"
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
