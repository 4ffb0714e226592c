"""Our copy of the weights of products."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from chassis.snapshots import store_if_newer
from chassis.transactions import transactional
from shipping import models


@transactional
def record_product(*, product_id: UUID, version: int, weights: Mapping[str, tuple[int, bool]]) -> None:
    """Store a product's weights, (grams, active) by SKU. A version older than the stored one changes nothing."""
    if not store_if_newer(models.ProductSeen.objects.all(), {"product_id": product_id}, version, {}):
        return
    models.VariantWeight.objects.filter(product_id=product_id).exclude(sku__in=weights).update(active=False)
    models.VariantWeight.objects.bulk_create(
        [
            models.VariantWeight(sku=sku, product_id=product_id, weight_grams=grams, active=active)
            for sku, (grams, active) in weights.items()
        ],
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=["product_id", "weight_grams", "active"],
    )
