from django.contrib import admin
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from uuid_utils.compat import uuid7

from chassis.api import StrictSerializer, parsed
from chassis.errors import DomainError, Kind
from chassis.idempotency.decorator import idempotent
from chassis.urls import chassis_urls
from probe.models import Effect


class EffectRefused(DomainError):
    """This name is refused."""

    code, kind = "effect_refused", Kind.CONFLICT


class EffectInput(StrictSerializer):
    name = serializers.CharField(max_length=20)


class Effects(APIView):
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
handler400 = "chassis.problems.bad_request"
handler404 = "chassis.problems.not_found"
handler500 = "chassis.problems.server_error"
