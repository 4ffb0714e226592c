"""The problem documents that an operation may answer with, for its OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from rest_framework.permissions import SAFE_METHODS, AllowAny

from chassis.core.errors import DomainError
from chassis.http.authentication import StaffAuthentication
from chassis.http.problems import CONTENT_TYPE, STATUS_OF_KIND, problem

View = TypeVar("View", bound=Callable[..., Any])

SCHEMA_NAME = "Problem"
SCHEMA = {
    "type": "object",
    "description": "A problem document (RFC 9457). Some codes have further members.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "For people."},
        "errors": {
            "type": "array",
            "description": "What is wrong with each field, for the code `invalid_input`.",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
                "required": ["field", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}


class Refusal(NamedTuple):
    """One code of a problem document, with its status and an example of its text for people."""

    status: int
    code: str
    detail: str


_OF_EACH = (
    Refusal(400, "invalid_input", "quantity: A valid integer is required."),
    Refusal(400, "bad_request", "The request could not be read."),
    Refusal(406, "not_acceptable", "Could not satisfy the request Accept header."),
    Refusal(429, "too_many_requests", "Wait a moment, then try again."),
    Refusal(503, "unavailable", "Please try again in a few seconds."),
    Refusal(503, "database_unavailable", "Please try again in a few seconds."),
    Refusal(503, "storage_unavailable", "Please try again in a few seconds."),
)
_OF_BODIES = (
    Refusal(400, "parse_error", "JSON parse error - Expecting value: line 1 column 1 (char 0)"),
    Refusal(413, "too_large", "The request body is too large."),
    Refusal(415, "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
)
_NOT_SIGNED_IN = Refusal(401, "not_authenticated", "Authentication credentials were not provided.")
_INVALID_TOKEN = Refusal(401, "invalid_token", "The access token is not valid.")
_SESSION_ENDED = Refusal(401, "session_ended", "This session has ended; sign in again.")
_FORBIDDEN = Refusal(403, "permission_denied", "You do not have permission to perform this action.")
_CSRF_FAILED = Refusal(403, "csrf_failed", "CSRF failed: CSRF cookie not set.")
_NOT_FOUND = Refusal(404, "not_found", "Not found.")
_INVALID_CURSOR = Refusal(404, "invalid_cursor", "The cursor is not valid.")


def raises(*errors: type[DomainError]) -> Callable[[View], View]:
    """Declare the domain errors that a method of a view may answer with."""

    def declare(method: View) -> View:
        method.raised = (*getattr(method, "raised", ()), *errors)  # type: ignore[attr-defined]
        return method

    return declare


def refusals(view: Any, method: str, *, path: str, has_body: bool, is_paged: bool) -> list[Refusal]:
    """Return what an operation may answer with beside success: the declared errors and those of every view."""
    declared = [
        Refusal(STATUS_OF_KIND[error.kind], error.code, error().message)
        for error in getattr(getattr(view, method.lower()), "raised", ())
    ]
    found = [*_OF_EACH, *(_OF_BODIES if has_body else ()), *_of_access(view, method), *declared]
    if "{" in path:
        found.append(_NOT_FOUND)
    if is_paged:
        found.append(_INVALID_CURSOR)
    return sorted({(each.status, each.code): each for each in found}.values())


def response(same_status: list[Refusal]) -> dict[str, Any]:
    """Return an OpenAPI response with an example of each code."""
    examples = {
        each.code: {"value": problem(each.status, each.code, each.detail), "summary": each.detail}
        for each in same_status
    }
    codes = ", ".join(f"`{code}`" for code in examples)
    schema = {"$ref": f"#/components/schemas/{SCHEMA_NAME}"}
    return {"description": codes, "content": {CONTENT_TYPE: {"schema": schema, "examples": examples}}}


def _of_access(view: Any, method: str) -> Iterator[Refusal]:
    authenticators = view.get_authenticators()
    if authenticators:
        yield from (_INVALID_TOKEN, _SESSION_ENDED)
    if method not in SAFE_METHODS and any(isinstance(each, StaffAuthentication) for each in authenticators):
        yield _CSRF_FAILED
    if not all(isinstance(each, AllowAny) for each in view.get_permissions()):
        yield _NOT_SIGNED_IN
        yield _FORBIDDEN
