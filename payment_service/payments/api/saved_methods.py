"""The customer's saved ways to pay: parse, one call inward, render."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.http.authentication import IsCustomer, customer_id
from chassis.http.refusals import raises
from payments.api.serializers import ClientSecretOutput, SavedMethodsOutput
from payments.commands.provider_customers import TooManySetUps
from payments.work import saved_methods
from payments.work.browser_secret import ProviderNotReachable
from payments.work.saved_methods import SavedMethodNotFound, SavingNotOffered, TooManySavedMethods


def private(body: Any, *, status: int = 200) -> Response:
    return Response(body, status=status, headers={"Cache-Control": "private, no-store"})


class SavedMethods(APIView):
    """Your saved ways to pay. The provider keeps them; this shop stores nothing of a card."""

    permission_classes = [IsCustomer]

    @extend_schema(tags=["payments"], summary="Your saved ways to pay", responses=SavedMethodsOutput)
    @raises(ProviderNotReachable)
    def get(self, request: Request) -> Response:
        found = saved_methods.list_saved(customer_id(request))
        return private({"results": [asdict(method) for method in found]})

    @extend_schema(
        tags=["payments"],
        summary="The secret with which the provider's form saves another way to pay",
        request=None,
        responses={201: ClientSecretOutput},
    )
    @raises(SavingNotOffered, TooManySavedMethods, TooManySetUps, ProviderNotReachable)
    def post(self, request: Request) -> Response:
        made = saved_methods.set_up(customer_id(request), now=timezone.now())
        body = {"client_secret": made.client_secret, "publishable_key": settings.STRIPE_PUBLISHABLE_KEY}
        return private(body, status=201)


class OneSavedMethod(APIView):
    """One of your saved ways to pay."""

    permission_classes = [IsCustomer]

    @extend_schema(tags=["payments"], summary="Remove a saved way to pay", responses={204: None})
    @raises(SavedMethodNotFound, ProviderNotReachable)
    def delete(self, request: Request, method_id: str) -> Response:
        saved_methods.remove(customer_id(request), method_id)
        return Response(status=204)
