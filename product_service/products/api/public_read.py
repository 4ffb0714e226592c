"""Public reads that skip most of DRF.

A client that accepts JSON gets the bytes of a query without negotiation, serializer and renderer. A browser gets the
browsable API, and an error becomes a problem document, both by DRF.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class PublicRead(APIView):
    """A read that needs no authentication and may be cached for `max_age` seconds."""

    authentication_classes: tuple[type, ...] = ()
    permission_classes = (AllowAny,)
    max_age = 5

    def body(self, request: Request, **kwargs: Any) -> bytes | None:
        """Return the response as JSON, or None for a 404."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if (
            request.method == "GET"
            and "html" not in request.META.get("HTTP_ACCEPT", "")
            and "format" not in request.GET
        ):
            try:
                body = self.body(Request(request), **kwargs)
            except Exception:  # DRF runs into it again below and renders the problem document
                body = None
            if body is not None:
                return self._response(request, body)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: Request, **kwargs: Any) -> Response:
        body = self.body(request, **kwargs)
        if body is None:
            raise NotFound("Not found.", code="not_found")
        response = Response(msgspec.json.decode(body))
        response["Cache-Control"] = f"public, max-age={self.max_age}"
        return response

    def _response(self, request: HttpRequest, body: bytes) -> HttpResponse:
        etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
        known = request.META.get("HTTP_IF_NONE_MATCH", "")
        fresh = etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
        response = HttpResponse(status=304) if fresh else HttpResponse(body, content_type="application/json")
        response["ETag"] = etag
        response["Cache-Control"] = f"public, max-age={self.max_age}"
        response["Vary"] = "Accept"
        return response
