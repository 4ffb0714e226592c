"""The cart: parse, one call inward, render."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from chassis.http.api import parsed
from chassis.http.refusals import raises
from orders import commands, queries
from orders.api.serializers import CartInput, CartOutput, ItemInput, QuantityInput
from orders.api.views import CustomerRequest, CustomerView
from orders.domain.pricing import ProductUnavailable, TooMuch


def _cart_of(request: CustomerRequest) -> Response:
    return Response(queries.cart(request.user.id))


@extend_schema(tags=["cart"])
class Cart(CustomerView):
    """The customer's cart, at the prices of now."""

    @extend_schema(summary="The cart, at the prices of now", responses=CartOutput)
    def get(self, request: CustomerRequest) -> Response:
        return _cart_of(request)

    @extend_schema(summary="Replace what is in the cart", request=CartInput, responses=CartOutput)
    @raises(ProductUnavailable, TooMuch)
    def put(self, request: CustomerRequest) -> Response:
        asked = parsed(CartInput, request)
        commands.replace_cart(customer_id=request.user.id, items=asked["lines"], now=timezone.now())
        return _cart_of(request)

    @extend_schema(summary="Empty the cart", responses={204: None})
    def delete(self, request: CustomerRequest) -> Response:
        commands.empty_cart(customer_id=request.user.id)
        return Response(status=204)


@extend_schema(tags=["cart"])
class CartLines(CustomerView):
    """Put something into the cart."""

    @extend_schema(summary="Put so many more of a SKU into the cart", request=ItemInput, responses={201: CartOutput})
    @raises(ProductUnavailable, TooMuch)
    def post(self, request: CustomerRequest) -> Response:
        asked = ItemInput(data=request.data)
        asked.is_valid(raise_exception=True)
        item = asked.validated_data
        commands.add_to_cart(customer_id=request.user.id, sku=item.sku, quantity=item.quantity, now=timezone.now())
        return Response(queries.cart(request.user.id), status=201)


@extend_schema(tags=["cart"])
class OneCartLine(CustomerView):
    """One SKU in the cart."""

    @extend_schema(summary="Change how many", request=QuantityInput, responses=CartOutput)
    @raises(ProductUnavailable)
    def patch(self, request: CustomerRequest, sku: str) -> Response:
        commands.set_quantity(customer_id=request.user.id, sku=sku, **parsed(QuantityInput, request))
        return _cart_of(request)

    @extend_schema(summary="Take it out", responses=CartOutput)
    def delete(self, request: CustomerRequest, sku: str) -> Response:
        commands.remove_from_cart(customer_id=request.user.id, sku=sku)
        return _cart_of(request)
