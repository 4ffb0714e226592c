"""The filters of lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.validators import MaxValueValidator, MinValueValidator

from chassis.choices import choices
from orders.domain.return_states import ReturnStatus
from orders.domain.states import CustomerStatus, OrderStatus
from orders.models import Order, Return


class MomentFilter(django_filters.IsoDateTimeFilter):
    """A time that is valid in every time zone: the year 1 at +14:00 has no UTC time."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = (
            MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC)),
            MaxValueValidator(datetime(2999, 1, 1, tzinfo=UTC)),
        )
        super().__init__(validators=bounds, **kwargs)


class OrderFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(field_name="customer_status", choices=choices(CustomerStatus))
    order_status = django_filters.ChoiceFilter(field_name="status", choices=choices(OrderStatus))
    placed_after = MomentFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = MomentFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()


class ReturnFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=choices(ReturnStatus))
    order_id = django_filters.UUIDFilter()

    class Meta:
        model = Return
        fields: tuple[str, ...] = ()
