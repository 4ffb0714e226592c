"""Middleware: the trace and log of each request, errors outside of views, and addresses."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.utils.http import escape_leading_slashes

from chassis.core.context import Trace, new_traceparent, tracing
from chassis.http import problems
from chassis.transactions import is_unavailable

log = structlog.get_logger(__name__)

_ID = re.compile(r"[\w.:-]{8,64}")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: Paths that probes request from one process.
_PROBED = frozenset({"/health/live", "/health/ready", "/metrics"})
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class RequestMiddleware:
    """Starts the trace (`X-Request-ID`, `traceparent`), logs the request, answers 503 when the database is lost.

    Must be first. The gateway sets X-Request-ID; a malformed one is replaced.
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
        """Handle errors of views outside of DRF, which has `problems.exception_handler`."""
        if is_unavailable(error):
            document = problems.of_database_error(error)
            return problems.problem_response(503, document["code"], document["detail"])
        if problems.is_full(error):
            document = problems.of_a_full_disk(error)
            return problems.problem_response(503, document["code"], document["detail"])
        if (
            isinstance(error, ValueError | OverflowError | DataError)
            and request.path.startswith("/admin/")
            and request.GET
        ):
            # Django's admin passes query parameters to the database unchecked: ?created_at__year=99999
            log.warning("odd_admin_query", exc_info=error)
            return problems.bad_request(request)
        return None


def _of_an_address_with_nul(request: HttpRequest) -> HttpResponse | None:
    """Return an error for a NUL in the address: PostgreSQL accepts none in text."""
    if "\x00" in request.path_info:
        return problems.not_found(request)
    if "%00" in request.META.get("QUERY_STRING", ""):
        return problems.bad_request(request)
    return None


class AddressMiddleware(CommonMiddleware):
    """Django's CommonMiddleware (missing slashes, allowed hosts) with two exceptions.

    Probes use the address of a process, so they are answered under any host name. A write is never redirected into a
    read: it keeps its method (308) or gets 401.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info in _PROBED else super().process_request(request)

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return escape_leading_slashes(request.get_full_path(force_append_slash=True))

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        response = super().process_response(request, response)
        if request.method in _READING:
            return response
        if response.status_code == 301:
            response.status_code = 308
        elif response.status_code == 302 and _asks_to_sign_in(request, response):
            return problems.problem_response(401, "not_authenticated", "Sign in first, then do it again.")
        return response


def _asks_to_sign_in(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether the redirect leads to a sign-in page with a way back, from another page."""
    path, _, query = response["Location"].partition("?")
    to_sign_in = path.endswith("/login/") and "next=" in query
    return to_sign_in and request.path != settings.STAFF_LOGIN_URL and not request.path.endswith("/logout/")
