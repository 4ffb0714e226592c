"""What lists can be narrowed by."""

from __future__ import annotations

import django_filters

from orders.domain.returns import ReturnStatus
from orders.domain.states import CustomerStatus, OrderStatus
from orders.models import Order, Return, choices


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(field_name="customer_status", choices=choices(CustomerStatus))
    order_status = django_filters.ChoiceFilter(field_name="status", choices=choices(OrderStatus))
    placed_after = django_filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = django_filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()


class ReturnFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=choices(ReturnStatus))
    order_id = django_filters.UUIDFilter()

    class Meta:
        model = Return
        fields: tuple[str, ...] = ()
