"""The unsubscribe link of promotional mail. It works without sign-in; its signature authorizes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.core.errors import DomainError, Kind
from chassis.http.refusals import raises
from notifications.api.serializers import UnsubscribedOutput
from notifications.commands.preferences import unsubscribe
from notifications.domain.notification_kind import Category
from notifications.rendering import UNSUBSCRIBE_SALT

TOKEN = OpenApiParameter("token", OpenApiTypes.STR, required=True, description="From the link in the mail.")


class LinkNotValid(DomainError):
    """This link is not complete. Copy all of it from the mail."""

    code, kind = "link_not_valid", Kind.NOT_FOUND


class Page(BaseRenderer):
    """Render the answer as a page, for browsers."""

    media_type, format, charset = "text/html", "html", "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> str:
        context = {
            **(data or {}),
            "shop_name": settings.SHOP_NAME,
            "failed": (renderer_context or {})["response"].status_code >= 400,
        }
        return render_to_string("pages/unsubscribe.html", context)


class Unsubscribe(APIView):
    """GET shows the page (mail scanners follow links); POST unsubscribes, in one click (RFC 8058)."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [FormParser, MultiPartParser, JSONParser]
    renderer_classes = [Page, JSONRenderer]

    @extend_schema(
        tags=["notifications"], summary="The page behind the link", parameters=[TOKEN], responses=UnsubscribedOutput
    )
    @raises(LinkNotValid)
    def get(self, request: Request) -> Response:
        _, category = _reader(request)
        return _answer({"category": category, "subscribed": True})

    @extend_schema(
        tags=["notifications"],
        summary="Unsubscribe in one click",
        parameters=[TOKEN],
        request=None,
        responses=UnsubscribedOutput,
    )
    @raises(LinkNotValid)
    def post(self, request: Request) -> Response:
        user_id, category = _reader(request)
        unsubscribe(user_id=user_id, category=category, now=timezone.now())
        return _answer({"category": category, "subscribed": False})


def _reader(request: Request) -> tuple[UUID, Category]:
    try:
        user_id, category = signing.loads(request.query_params.get("token", ""), salt=UNSUBSCRIBE_SALT)
        return UUID(user_id), Category(category)
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkNotValid from None


def _answer(data: dict[str, Any]) -> Response:
    return Response(data, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
