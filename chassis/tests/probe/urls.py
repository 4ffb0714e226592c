from django.contrib import admin
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from uuid_utils.compat import uuid7

from chassis.core.errors import DomainError, Kind
from chassis.http.api import StrictSerializer, parsed
from chassis.http.refusals import raises
from chassis.http.urls import chassis_urls
from chassis.idempotency.decorator import idempotent
from probe.models import Effect


class EffectRefused(DomainError):
    """This name is refused."""

    code, kind = "effect_refused", Kind.CONFLICT


class EffectInput(StrictSerializer):
    name = serializers.CharField(max_length=20)


class Effects(APIView):
    @extend_schema(request=EffectInput, responses={201: OpenApiTypes.OBJECT})
    @raises(EffectRefused)
    @idempotent
    def post(self, request: Request) -> Response:
        asked = parsed(EffectInput, request)
        effect = Effect.objects.create(id=uuid7(), name=asked["name"])
        if asked["name"] == "refused":
            raise EffectRefused
        if asked["name"] == "broken":
            raise RuntimeError("secret inside")
        return Response({"id": str(effect.id)}, status=201)


urlpatterns = [
    *chassis_urls("probe"),
    path("api/v1/effects/", Effects.as_view()),
    path("admin/probe/", admin.site.urls),
]
handler400 = "chassis.http.problems.bad_request"
handler404 = "chassis.http.problems.not_found"
handler500 = "chassis.http.problems.server_error"
