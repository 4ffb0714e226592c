"""Filters of the lists."""

from __future__ import annotations

import django_filters

from payments.domain.payment import PaymentStatus
from payments.domain.refund import RefundStatus
from payments.models import Payment, Refund


class PaymentFilter(django_filters.FilterSet):
    order_id = django_filters.UUIDFilter()
    status = django_filters.ChoiceFilter(choices=[(status.value, status.value) for status in PaymentStatus])

    class Meta:
        model = Payment
        fields: list[str] = []


class RefundFilter(django_filters.FilterSet):
    order_id = django_filters.UUIDFilter(field_name="payment__order_id")
    payment_id = django_filters.UUIDFilter()
    status = django_filters.ChoiceFilter(choices=[(status.value, status.value) for status in RefundStatus])

    class Meta:
        model = Refund
        fields: list[str] = []
