from __future__ import annotations

from django.db import models


class ProductSeen(models.Model):
    """How far we have read a product's story; older messages about it are ignored."""

    product_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.product_id)


class VariantWeight(models.Model):
    """Our copy of what a variant weighs, kept by `product.changed`. A withdrawn variant stays: it may be on its way."""

    sku = models.CharField(max_length=64, primary_key=True)
    product_id = models.UUIDField(db_index=True)
    weight_grams = models.PositiveIntegerField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("sku",)

    def __str__(self) -> str:
        return self.sku
