"""Orders and returns: parse, one call inward, render."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.http.api import Pages, or_404, parsed
from chassis.http.authentication import IsCustomer
from chassis.http.refusals import raises
from chassis.idempotency.decorator import idempotent
from chassis.jwt import Identity
from orders import clients, commands, queries
from orders.api.client import client_of
from orders.api.filters import OrderFilter, ReturnFilter
from orders.api.serializers import (
    CancelInput,
    OrderOutput,
    PayInput,
    PlaceOrderInput,
    ReturnInput,
    ReturnOutput,
    TimelineOutput,
)
from orders.domain.limits import PaymentAttemptsUsedUp, TooManyPaymentAttempts, TooManyUnpaidOrders
from orders.domain.order import OrderNotCancelable, OrderNotFound, PaymentNotExpected, PaymentWindowOver
from orders.domain.pricing import NothingToOrder, PriceChanged, ProductUnavailable, TooMuch
from orders.domain.quotes import QuoteDoesNotFit, QuoteInvalid, QuotesCannotBeChecked
from orders.domain.return_states import NotReturnable, TooManyReturned
from orders.models import Order, Return

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="New for each request; again to retry."
)


class CustomerRequest(Request):
    """A request that `IsCustomer` has admitted."""

    user: Identity  # type: ignore[assignment]


class NewestOrders(Pages):
    ordering = ("-placed_at", "-id")


class NewestReturns(Pages):
    ordering = ("-requested_at", "-id")


class CustomerView(APIView):
    """A view for signed-in customers; no cache may store its response."""

    permission_classes = [IsCustomer]

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        return answer


def prefetches_signing_key(view: Callable[..., Response]) -> Callable[..., Response]:
    """Fetch the key of the shipping quote over HTTP before `view` opens its transaction."""

    @wraps(view)
    def post(self: CustomerView, request: CustomerRequest) -> Response:
        if isinstance(request.data, dict):
            clients.prefetch_signing_key(request.data.get("shipping_quote"))
        return view(self, request)

    return post


@extend_schema(tags=["orders"])
class Orders(CustomerView, GenericAPIView[Any]):
    """The customer's orders."""

    queryset = Order.objects.none()
    serializer_class = OrderOutput
    pagination_class = NewestOrders
    filterset_class = OrderFilter

    @extend_schema(summary="The customer's orders, newest first", responses=OrderOutput(many=True))
    def get(self, request: CustomerRequest) -> Response:
        rows = self.filter_queryset(queries.orders_of(request.user.id))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(queries.order_documents(page or []))

    @extend_schema(
        summary="Place an order",
        description="Accepted at once; watch its status, its timeline, or the live updates.",
        parameters=[IDEMPOTENCY_KEY],
        request=PlaceOrderInput,
        responses={202: OrderOutput},
    )
    @raises(
        NothingToOrder,
        TooMuch,
        ProductUnavailable,
        PriceChanged,
        QuoteInvalid,
        QuoteDoesNotFit,
        QuotesCannotBeChecked,
        TooManyUnpaidOrders,
        TooManyPaymentAttempts,
    )
    @prefetches_signing_key
    @idempotent
    def post(self, request: CustomerRequest) -> Response:
        asked = parsed(PlaceOrderInput, request)
        order = commands.place_order(
            customer_id=request.user.id,
            items=asked.get("lines"),
            shipping_quote=asked["shipping_quote"],
            address=asked["shipping_address"],
            payment_method=asked["payment_method"],
            expected_subtotal=asked["expected_subtotal"],
            client=client_of(request),
            now=timezone.now(),
        )
        location = request.build_absolute_uri(f"{request.path}{order.id}/")
        return Response(queries.order_document(order), status=202, headers={"Location": location})


@extend_schema(tags=["orders"])
class OneOrder(CustomerView):
    """One order."""

    @extend_schema(summary="One order", responses=OrderOutput)
    def get(self, request: CustomerRequest, order_id: UUID) -> Response:
        row = or_404(queries.orders_of(request.user.id).filter(id=order_id).first())
        return Response(queries.order_documents([row])[0])


@extend_schema(tags=["orders"])
class OrderTimeline(CustomerView):
    """What has happened to an order."""

    @extend_schema(summary="What has happened to an order, step by step", responses=TimelineOutput(many=True))
    def get(self, request: CustomerRequest, order_id: UUID) -> Response:
        return Response(or_404(queries.timeline(order_id=order_id, customer_id=request.user.id)))


@extend_schema(tags=["orders"])
class CancelOrder(CustomerView):
    """Cancel an order that has not been dispatched."""

    @extend_schema(summary="Cancel an order before it is dispatched", request=CancelInput, responses={202: OrderOutput})
    @raises(OrderNotCancelable)
    def post(self, request: CustomerRequest, order_id: UUID) -> Response:
        asked = parsed(CancelInput, request)
        order = commands.cancel_order(
            order_id=order_id, customer_id=request.user.id, detail=asked["reason"], now=timezone.now()
        )
        return Response(queries.order_document(order), status=202)


@extend_schema(tags=["orders"])
class PayOrder(CustomerView):
    """Pay another way, while the payment window is open."""

    @extend_schema(
        summary="Pay another way, after a decline or instead of confirming",
        parameters=[IDEMPOTENCY_KEY],
        request=PayInput,
        responses={202: OrderOutput},
    )
    @raises(PaymentNotExpected, PaymentWindowOver, PaymentAttemptsUsedUp, TooManyPaymentAttempts)
    @idempotent
    def post(self, request: CustomerRequest, order_id: UUID) -> Response:
        asked = parsed(PayInput, request)
        order = commands.pay_another_way(
            order_id=order_id, customer_id=request.user.id, client=client_of(request), now=timezone.now(), **asked
        )
        return Response(queries.order_document(order), status=202)


@extend_schema(tags=["returns"])
class Returns(CustomerView, GenericAPIView[Any]):
    """The customer's returns."""

    queryset = Return.objects.none()
    serializer_class = ReturnOutput
    pagination_class = NewestReturns
    filterset_class = ReturnFilter

    @extend_schema(summary="The customer's returns, newest first", responses=ReturnOutput(many=True))
    def get(self, request: CustomerRequest) -> Response:
        rows = self.filter_queryset(queries.returns_of(request.user.id))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(queries.return_documents(page or []))

    @extend_schema(
        summary="Ask to send something back",
        parameters=[IDEMPOTENCY_KEY],
        request=ReturnInput,
        responses={202: ReturnOutput},
    )
    @raises(OrderNotFound, NotReturnable, TooManyReturned)
    @idempotent
    def post(self, request: CustomerRequest) -> Response:
        asked = parsed(ReturnInput, request)
        return_ = commands.request_return(
            order_id=asked["order_id"],
            customer_id=request.user.id,
            items=asked["lines"],
            reason=asked["reason"],
            now=timezone.now(),
        )
        rows = list(queries.returns_of(request.user.id).filter(id=return_.id))
        location = request.build_absolute_uri(f"{request.path}{return_.id}/")
        return Response(queries.return_documents(rows)[0], status=202, headers={"Location": location})


@extend_schema(tags=["returns"])
class OneReturn(CustomerView):
    """One return."""

    @extend_schema(summary="One return", responses=ReturnOutput)
    def get(self, request: CustomerRequest, return_id: UUID) -> Response:
        row = or_404(queries.returns_of(request.user.id).filter(id=return_id).first())
        return Response(queries.return_documents([row])[0])
