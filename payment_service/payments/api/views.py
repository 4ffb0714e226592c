"""Views: parse, one call inward, render."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from chassis.http.api import cacheable, or_404, parsed
from chassis.http.refusals import raises
from chassis.idempotency.decorator import idempotent
from payments import commands, queries, work
from payments.api.filters import PaymentFilter, RefundFilter
from payments.api.permissions import IsOwner, MayRefund, SeesPayments, customer_of, payer_of
from payments.api.serializers import (
    ClientSecretOutput,
    MethodsInput,
    MethodsOutput,
    PaymentOutput,
    ReceivedOutput,
    RefundInput,
    RefundOutput,
    method_body,
    payment_body,
    refund_body,
)
from payments.commands.offer import offer
from payments.domain.payment import InvalidAmount, NotCaptured, PaymentNotFound, RefundExceedsCaptured
from payments.domain.refund import AlreadyRefunded, RefundUnderWay, SettlesAnotherOrder
from payments.models import Payment, Refund
from payments.providers import provider_named
from payments.providers.port import InvalidWebhook, RequestNotProcessed
from payments.work.browser_secret import NothingToConfirm, ProviderNotReachable


class InvalidWebhookSignature(DomainError):
    """The webhook's signature is missing, wrong, or too old."""

    code = "invalid_signature"


class WebhookNotVerified(DomainError):
    """The webhook cannot be verified at the moment; please send it again."""

    code, kind = "webhook_not_verified", Kind.UNAVAILABLE


class PaymentMethods(APIView):
    """The ways to pay that can be used, the first one being the shop's first choice."""

    permission_classes = [AllowAny]

    @extend_schema(
        tags=["payments"],
        summary="Ways to pay, for a country and a currency, or for your order",
        parameters=[MethodsInput],
        responses=MethodsOutput,
    )
    @raises(PaymentNotFound)
    def get(self, request: Request) -> Response:
        given = MethodsInput(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        country, currency, order_id = (given.validated_data[name] for name in ("country", "currency", "order_id"))
        if order_id:
            currency = queries.currency_to_pay(order_id, payer_of(request))
        usable = [] if currency is None else offer().usable(currency=currency, country=country)
        keys = {"stripe": settings.STRIPE_PUBLISHABLE_KEY}
        response = Response({"results": [method_body(way, keys.get(way.name, "")) for way in usable]})
        if order_id:
            response["Cache-Control"] = "private, no-store"
            return response
        return cacheable(response, seconds=60)


class Payments(GenericAPIView[Any]):
    """Your payments, newest first."""

    permission_classes = [SeesPayments]
    serializer_class = PaymentOutput
    filterset_class = PaymentFilter
    queryset = Payment.objects.none()  # for the schema; `get` has its own

    @extend_schema(tags=["payments"], summary="Your payments", responses=PaymentOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(queries.payments_of(customer_of(request))))
        return self.get_paginated_response([payment_body(row) for row in rows or ()])


class OnePayment(APIView):
    permission_classes = [SeesPayments]

    @extend_schema(tags=["payments"], summary="One of your payments", responses=PaymentOutput)
    def get(self, request: Request, payment_id: UUID) -> Response:
        return Response(payment_body(or_404(queries.payments_of(customer_of(request)).filter(id=payment_id).first())))


class ClientSecret(APIView):
    """What the customer's browser needs to complete a payment, for its owner only."""

    permission_classes = [IsOwner]

    @extend_schema(
        tags=["payments"],
        summary="The secret for the provider's form in the browser (Stripe's Payment Element)",
        responses=ClientSecretOutput,
    )
    @raises(NothingToConfirm, ProviderNotReachable)
    def get(self, request: Request, payment_id: UUID) -> Response:
        or_404(queries.payments_of(request.user.id).filter(id=payment_id).first())
        body = {"client_secret": work.browser_secret(payment_id), "publishable_key": settings.STRIPE_PUBLISHABLE_KEY}
        return Response(body, headers={"Cache-Control": "no-store"})


class Refunds(GenericAPIView[Any]):
    """Your refunds, newest first; staff of the finance group create new ones."""

    serializer_class = RefundOutput
    filterset_class = RefundFilter
    queryset = Refund.objects.none()

    def get_permissions(self) -> list[BasePermission]:
        return [MayRefund() if self.request.method == "POST" else SeesPayments()]

    @extend_schema(tags=["payments"], summary="Your refunds", responses=RefundOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(queries.refunds_of(customer_of(request))))
        return self.get_paginated_response([refund_body(row) for row in rows or ()])

    @extend_schema(
        tags=["payments"],
        summary="Refund a captured payment, all or a part of it (staff)",
        request=RefundInput,
        responses={202: RefundOutput},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)],
    )
    @raises(
        PaymentNotFound,
        NotCaptured,
        InvalidAmount,
        RefundExceedsCaptured,
        RefundUnderWay,
        AlreadyRefunded,
        SettlesAnotherOrder,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        given = parsed(RefundInput, request)
        refund_id = commands.request_refund(
            payment_id=given["payment_id"],
            amount=Money(**given["amount"]),
            reason=given["reason"],
            reason_code=given["reason_code"],
            settles=given["settles"],
            requested_by=str(request.user)[:254],
            now=timezone.now(),
        )
        body = refund_body(queries.refunds_of(None).get(id=refund_id))
        return Response(body, status=202, headers={"Location": f"/api/v1/refunds/{refund_id}/"})


class OneRefund(APIView):
    permission_classes = [SeesPayments]

    @extend_schema(tags=["payments"], summary="One of your refunds", responses=RefundOutput)
    def get(self, request: Request, refund_id: UUID) -> Response:
        return Response(refund_body(or_404(queries.refunds_of(customer_of(request)).filter(id=refund_id).first())))


class PaymentWebhooks(APIView):
    """Receive a provider's webhook: verify, store and answer it; it is processed afterwards."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    @extend_schema(
        tags=["payments"],
        summary="For payment providers: a signed webhook",
        request=OpenApiTypes.OBJECT,
        responses=ReceivedOutput,
        auth=[],
    )
    @raises(InvalidWebhookSignature, WebhookNotVerified)
    def post(self, request: Request, provider: str) -> Response:
        adapter = provider_named(provider)
        if adapter is None:
            raise Http404
        now = timezone.now()
        try:
            notice = adapter.read_webhook(request.body, request.headers, now=now)
        except InvalidWebhook as error:
            raise InvalidWebhookSignature from error
        except RequestNotProcessed as error:
            raise WebhookNotVerified from error
        commands.store_webhook(provider=provider, notice=notice, now=now)
        return Response({"received": True})
