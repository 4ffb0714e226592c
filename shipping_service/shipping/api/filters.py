from __future__ import annotations

import django_filters

from chassis.choices import choices
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.models import Shipment


class ShipmentFilter(django_filters.FilterSet):
    order_id = django_filters.UUIDFilter()
    return_id = django_filters.UUIDFilter()
    direction = django_filters.ChoiceFilter(choices=choices(Direction))
    status = django_filters.ChoiceFilter(choices=choices(ShipmentStatus))

    class Meta:
        model = Shipment
        fields = ("order_id", "return_id", "direction", "status")
