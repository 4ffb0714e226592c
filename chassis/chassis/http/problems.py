"""Problem documents (RFC 9457) for all errors of an API.

Each has `type`, `title`, `status`, `code` (stable, for programs), `detail` (for people) and, for
bad input, `errors`: a list of `{"field", "code", "detail"}`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from itertools import islice
from typing import Any

import structlog
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from chassis.core.errors import DomainError, Kind
from chassis.transactions import is_unavailable

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"

STATUS_OF_KIND = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
RETRY_AFTER_SECONDS = 5
#: Limits, so that a problem does not repeat a large input.
MOST_ERRORS = 50
LONGEST_TEXT = 300
_TITLES = {
    400: "The request is not valid",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not available in this form",
    409: "Not possible in the present state",
    413: "Too large",
    415: "Media type not supported",
    422: "The request cannot be carried out",
    429: "Too many requests",
    500: "Something broke on our side",
    503: "Not available at the moment",
}


def problem(status_code: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """Return a problem document."""
    return {
        "type": f"https://souk.example/problems/{code}",
        "title": _TITLES.get(status_code, "Error"),
        "status": status_code,
        "code": code,
        "detail": detail,
        **extra,
    }


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Handle errors in DRF views (EXCEPTION_HANDLER). Unknown errors are logged and answered without internals."""
    document, headers = _document_of(error)
    response = Response(document, status=document["status"], headers=headers)
    request = context["request"]
    if getattr(request, "accepted_renderer", None) is None:
        # The client accepts no available format: answer in JSON, not in the view's first choice.
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    if request.accepted_renderer.format == "json":
        response.content_type = CONTENT_TYPE
    return response


def problem_response(status_code: int, code: str, detail: str, **extra: Any) -> JsonResponse:
    """Return a problem response outside of DRF: middleware, the 404 of the URL resolver."""
    response = JsonResponse(problem(status_code, code, detail, **extra), status=status_code)
    response["Content-Type"] = CONTENT_TYPE
    if status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler404."""
    return problem_response(404, "not_found", "Not found.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler400. Only the message of a BadRequest is safe to show."""
    said = str(exception) if isinstance(exception, BadRequest) else ""
    return problem_response(400, "bad_request", shown(said) or "The request could not be read.")


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's handler500."""
    return problem_response(500, "internal_error", "Quote the request id if you contact us.")


def of_database_error(error: Exception) -> dict[str, Any]:
    """Return a 503 for an unavailable database."""
    log.error("database_error", error=str(error))
    return problem(503, "database_unavailable", "Please try again in a few seconds.")


def is_full(error: Exception) -> bool:
    """Return whether a disk is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def of_a_full_disk(error: Exception) -> dict[str, Any]:
    """Return a 503 for a full disk."""
    log.error("disk_full", error=str(error))
    return problem(503, "storage_unavailable", "Please try again in a few seconds.")


def _document_of(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    headers: dict[str, str] = {}
    match error:
        case DomainError():
            document = problem(STATUS_OF_KIND[error.kind], error.code, error.message, **error.facts)
            if "retry_after" in error.facts:
                headers["Retry-After"] = str(error.facts["retry_after"])
        case exceptions.ValidationError():
            errors = list(islice(_fields(error.get_full_details()), MOST_ERRORS))
            detail = "; ".join(f"{e['field']}: {e['detail']}" if e["field"] else e["detail"] for e in errors[:3])
            document = problem(400, "invalid_input", detail, errors=errors)
        case exceptions.APIException():
            code = error.get_codes()
            detail = shown(error.detail)
            document = problem(error.status_code, code if isinstance(code, str) else "invalid", detail)
            if getattr(error, "auth_header", None):
                headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
            if getattr(error, "wait", None):
                headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
        case Http404():
            document = problem(404, "not_found", "Not found.")
        case PermissionDenied():
            document = problem(403, "permission_denied", "You may not do this.")
        case RequestDataTooBig():
            document = problem(413, "too_large", "The request body is too large.")
        case SuspiciousOperation():
            document = problem(400, "bad_request", "The request could not be read.")
        case _ if is_unavailable(error):
            document = of_database_error(error)
        case OSError() if is_full(error):
            document = of_a_full_disk(error)
        case _:
            log.error("unexpected_error", exc_info=error)
            document = problem(500, "internal_error", "Quote the request id if you contact us.")
    if document["status"] == status.HTTP_503_SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    return document, headers


def _fields(details: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details: `lines.0.quantity`."""
    if isinstance(details, dict) and isinstance(details.get("message"), str) and "code" in details:
        yield {"field": shown(path), "code": str(details["code"]), "detail": shown(details["message"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            inner_path = path if name == "non_field_errors" else f"{path}.{name}".strip(".")
            yield from _fields(inner, inner_path)
    else:
        for index, inner in enumerate(details):
            nested = isinstance(inner, dict) and "message" not in inner
            yield from _fields(inner, f"{path}.{index}".strip(".") if nested else path)


def shown(text: Any) -> str:
    """Return text that may contain input, truncated and as valid Unicode."""
    plain = str(text).encode(errors="replace").decode()
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[:LONGEST_TEXT]}..."
