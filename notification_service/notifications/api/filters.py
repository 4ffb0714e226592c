from __future__ import annotations

import django_filters

from chassis.http.filters import BooleanFilter
from notifications.domain.notification_kind import Category
from notifications.models import Notification


class NotificationFilter(django_filters.FilterSet):
    """`?unread=true`, `?category=orders`."""

    unread = BooleanFilter(field_name="read_at", lookup_expr="isnull")
    category = django_filters.ChoiceFilter(choices=[(value.value, value.value) for value in Category])

    class Meta:
        model = Notification
        fields = ["unread", "category"]
