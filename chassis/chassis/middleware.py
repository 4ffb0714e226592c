"""One middleware for what each request begins with and may end in."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from chassis import problems
from chassis.context import Trace, new_traceparent, tracing

log = structlog.get_logger(__name__)

_ID = re.compile(r"[\w.:-]{8,64}")
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class RequestMiddleware:
    """Begins the trace (`X-Request-ID`, `traceparent`), logs the request, answers 503 for a lost database.

    Goes first. The gateway sets X-Request-ID; one that does not look like an id is replaced.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(16)
        parent = request.headers.get("traceparent", "")
        trace = Trace(request_id, None, parent if _TRACEPARENT.fullmatch(parent) else new_traceparent())
        with tracing(trace):
            response = _of_an_address_with_nul(request) or self.get_response(request)
            response["X-Request-ID"] = request_id
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """For views outside of DRF; DRF's own go through `problems.exception_handler`."""
        if isinstance(error, OperationalError | InterfaceError):
            document = problems.of_database_error(error)
            return problems.problem_response(503, document["code"], document["detail"])
        if (
            isinstance(error, ValueError | OverflowError | DataError)
            and request.path.startswith("/admin/")
            and request.GET
        ):
            # Django's admin hands what stands in an address to the database: ?created_at__year=99999
            log.warning("odd_admin_query", exc_info=error)
            return problems.bad_request(request)
        return None


def _of_an_address_with_nul(request: HttpRequest) -> HttpResponse | None:
    """NUL is in no address of ours, and PostgreSQL takes it in no text."""
    if "\x00" in request.path_info:
        return problems.not_found(request)
    if "%00" in request.META.get("QUERY_STRING", ""):
        return problems.bad_request(request)
    return None
