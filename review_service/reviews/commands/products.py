"""The local copy of products."""

from __future__ import annotations

from uuid import UUID

from chassis.snapshots import store_if_newer
from chassis.transactions import transactional
from reviews.models import Product


@transactional
def record_product(*, product_id: UUID, name: str, slug: str, version: int) -> None:
    """Store name and slug of the product, unless a newer version is known."""
    store_if_newer(Product.objects.all(), {"id": product_id}, version, {"name": name[:255], "slug": slug[:255]})
