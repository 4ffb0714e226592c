"""What the shop does, for Prometheus: counted in the database when somebody asks, so no restart loses it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from orders import queries
from orders.domain.states import OrderStatus

_SOLD = {OrderStatus.CONFIRMED, OrderStatus.COMPLETED}


class OrdersCollector(Collector):
    """`souk_orders`, `souk_units_sold`, `souk_revenue_minor_units`, `souk_orders_needing_attention`."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            figures, attention = queries.figures(), queries.needing_attention()
        except DatabaseError:
            return
        orders = GaugeMetricFamily("souk_orders", "Orders by state.", labels=["status", "currency"])
        units = GaugeMetricFamily("souk_units_sold", "Units in paid orders.", labels=["currency"])
        revenue = GaugeMetricFamily("souk_revenue_minor_units", "Total of paid orders.", labels=["currency"])
        for row in figures:
            orders.add_metric([row["status"], row["currency"]], row["orders"])
        for currency in sorted({row["currency"] for row in figures}):
            sold = [row for row in figures if row["currency"] == currency and row["status"] in _SOLD]
            units.add_metric([currency], sum(row["units"] for row in sold))
            revenue.add_metric([currency], sum(row["revenue"] for row in sold))
        yield from (orders, units, revenue)
        yield GaugeMetricFamily("souk_orders_needing_attention", "Orders that staff must look at.", value=attention)

    def describe(self) -> list[GaugeMetricFamily]:
        return []


def register() -> None:
    REGISTRY.register(OrdersCollector())
