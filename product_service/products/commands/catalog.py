"""Catalog commands. Each publishes the change and updates the stored reads in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.outbox.recorder import record
from chassis.snapshots import update_if_newer
from chassis.transactions import transactional
from products.domain.catalog import (
    CategoryInsideItself,
    CategoryUnknown,
    ProductDraft,
    ProductNotValid,
    VariantDraft,
    checked,
    checked_slug,
    option_terms,
)
from products.models import Category, Product, StockItem, Variant
from products.repository import catalog, search


@transactional
def put_product(draft: ProductDraft, *, now: datetime) -> tuple[Product, bool]:
    """Create the product of the draft's slug or change it to match; return it and whether anything changed.

    Variants missing from the draft are deactivated: a SKU is never deleted.
    Raises ProductNotValid and CategoryUnknown.
    """
    checked(draft)
    category = Category.objects.filter(slug=draft.category).first()
    if category is None:
        raise CategoryUnknown(f"There is no category {draft.category!r}.")
    values = {
        "name": draft.name.strip(),
        "description": draft.description.strip(),
        "category": category,
        "image_url": draft.image_url,
        "active": draft.active,
    }
    product = Product.objects.select_for_update(of=("self",)).filter(slug=draft.slug).first()
    touched = False
    if product is None:
        product = Product.objects.create(slug=draft.slug, created_at=now, updated_at=now, **values)
    else:
        touched = _change(product, values)
    if not _put_variants(product, draft.variants) and not touched:
        return product, False
    Product.objects.filter(id=product.id).update(updated_at=now)
    product, _ = announce_product(product_id=product.id)
    return product, True


@transactional
def announce_product(*, product_id: UUID, again: bool = False) -> tuple[Product, bool]:
    """Bring stock items, stored reads and search up to date; publish product.changed if the snapshot changed.

    Return the product and whether its snapshot changed. `again`: publish in any case.
    """
    product = Product.objects.select_for_update(of=("self",)).select_related("category").get(id=product_id)
    _complete_variants(product)
    snapshot = catalog.snapshot_of(product)
    digest = catalog.digest_of(snapshot)
    changed = digest != product.snapshot
    if changed:
        Product.objects.filter(id=product_id).update(snapshot=digest)
    catalog.refresh([product_id])
    product.refresh_from_db(fields=["in_stock"])
    search.put(product, catalog.filters_of(product, catalog.Paths([product.category])))
    if changed or again:
        record([snapshot])
    return product, changed


def announce_catalog() -> int:
    """Publish every product again, for a service with an empty copy, and return their number."""
    ids = list(Product.objects.order_by("id").values_list("id", flat=True))
    for product_id in ids:
        announce_product(product_id=product_id, again=True)
    return len(ids)


@transactional
def set_active(*, product_ids: Sequence[UUID], active: bool, now: datetime) -> int:
    """Activate or deactivate these products, and return the number that changed."""
    ids = list(
        Product.objects.filter(id__in=product_ids, active=not active).order_by("id").values_list("id", flat=True)
    )
    Product.objects.filter(id__in=ids).update(active=active, updated_at=now)
    for product_id in ids:
        announce_product(product_id=product_id)
    return len(ids)


@transactional
def put_category(
    *, slug: str, name: str, parent: str | None = None, description: str = "", position: int = 0
) -> Category:
    """Create or change the category of this slug.

    Raises ProductNotValid for the slug, CategoryUnknown for the parent, and CategoryInsideItself.
    """
    above = Category.objects.filter(slug=parent).first() if parent else None
    if parent and above is None:
        raise CategoryUnknown(f"There is no category {parent!r}.")
    values = {"name": name, "description": description, "parent": above, "position": position}
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        checked_slug(slug, longest=60)
        path = f"{above.path if above else ''}{slug}/"
        return Category.objects.create(slug=slug, path=path, **values)
    if _change(category, values):
        update_subtree(category_id=category.id)
    return category


@transactional
def update_subtree(*, category_id: UUID) -> None:
    """After a change of name or parent, update the paths and products of the subtree. Raises CategoryInsideItself."""
    category = Category.objects.select_related("parent").get(id=category_id)
    old = category.path
    above = category.parent.path if category.parent else ""
    if old and above.startswith(old):
        raise CategoryInsideItself
    new = f"{above}{category.slug}/"
    below = Category.objects.filter(path__startswith=old) if old else Category.objects.none()
    for one in {category.id: category, **{one.id: one for one in below}}.values():
        Category.objects.filter(id=one.id).update(path=new + one.path.removeprefix(old))
    for product_id in (
        Product.objects.filter(category__path__startswith=new).order_by("id").values_list("id", flat=True)
    ):
        announce_product(product_id=product_id)


@transactional
def record_rating(*, product_id: UUID, hundredths: int, count: int, version: int) -> None:
    """Store the rating of the product unless a newer version is known."""
    rating = {"rating_hundredths": hundredths, "rating_count": count}
    if update_if_newer(Product.objects.filter(id=product_id), version, rating, version_field="rating_version"):
        catalog.refresh([product_id])


def _put_variants(product: Product, drafts: Sequence[VariantDraft]) -> bool:
    """Create or change the variants, deactivate all others, and return whether anything changed."""
    skus = [draft.sku for draft in drafts]
    known = {variant.sku: variant for variant in Variant.objects.filter(sku__in=skus)}
    new, touched = [], 0
    for position, draft in enumerate(drafts):
        values = {
            "name": draft.name,
            "options": dict(draft.options),
            "price_amount": draft.price,
            "weight_grams": draft.weight_grams,
            "active": draft.active,
            "position": position,
        }
        variant = known.get(draft.sku)
        if variant is None:
            new.append(Variant(product=product, sku=draft.sku, **values))
        elif variant.product_id != product.id:
            raise ProductNotValid(f"{draft.sku} is a variant of another product.")
        else:
            touched += _change(variant, values)
    Variant.objects.bulk_create(new)
    touched += product.variants.exclude(sku__in=skus).filter(active=True).update(active=False)
    return bool(new or touched)


def _complete_variants(product: Product) -> None:
    """Give each variant its stock item and the option terms for filters, which staff do not enter."""
    variants = list(product.variants.all())
    with_stock = set(StockItem.objects.filter(product=product).values_list("variant_id", flat=True))
    without = [variant for variant in variants if variant.id not in with_stock]
    StockItem.objects.bulk_create(StockItem(variant=one, sku=one.sku, product=product) for one in without)
    stale = [variant for variant in variants if variant.option_terms != option_terms(variant.options)]
    for variant in stale:
        variant.option_terms = option_terms(variant.options)
    if stale:
        Variant.objects.bulk_update(stale, ["option_terms"])


def _change(row: Product | Variant | Category, values: Mapping[str, object]) -> bool:
    """Write only the values that differ: other columns may have changed since. Return whether there were any."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save(update_fields=list(changed))
    return bool(changed)
