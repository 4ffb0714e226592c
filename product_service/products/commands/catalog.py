"""Catalog commands. Each publishes the change and updates the stored reads in its transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from more_itertools import chunked

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
from products.repository import catalog, search, statements

#: Products that are read, written and published together.
_AT_A_TIME = 100


@transactional
def put_product(draft: ProductDraft, *, now: datetime) -> tuple[Product, bool]:
    """Create the product of the draft's slug or change it to match; return it and whether anything changed.

    Variants missing from the draft are deactivated: a SKU is never deleted.
    Raises ProductNotValid and CategoryUnknown.
    """
    ((product, changed),) = put_products([draft], now=now)
    return product, changed


@transactional
def put_products(drafts: Sequence[ProductDraft], *, now: datetime) -> list[tuple[Product, bool]]:
    """Do the same for drafts of different products, all or none: for many that takes far fewer statements."""
    categories = {one.slug: one for one in Category.objects.filter(slug__in={draft.category for draft in drafts})}
    locked = Product.objects.select_for_update(of=("self",)).filter(slug__in=[checked(draft).slug for draft in drafts])
    known = {product.slug: product for product in locked.order_by("id")}
    new, products, touched = [], [], set()
    for draft in drafts:
        values = _values_of(draft, categories)
        product = known.get(draft.slug)
        if product is None:
            product = Product(slug=draft.slug, created_at=now, updated_at=now, **values)
            new.append(product)
        elif _change(product, values):
            touched.add(product.id)
        products.append(product)
    Product.objects.bulk_create(new)
    touched |= {product.id for product in new} | _put_variants(list(zip(products, drafts, strict=True)))
    Product.objects.filter(id__in=touched).update(updated_at=now)
    announced = announce_products(product_ids=touched)
    return [(announced.get(product.id, (product, False))[0], product.id in touched) for product in products]


@transactional
def announce_product(*, product_id: UUID, again: bool = False) -> tuple[Product, bool]:
    """Bring stock items, stored reads and search up to date; publish product.changed if the snapshot changed.

    Return the product and whether its snapshot changed. `again`: publish in any case.
    """
    return announce_products(product_ids=[product_id], again=again)[product_id]


@transactional
def announce_products(*, product_ids: Collection[UUID], again: bool = False) -> dict[UUID, tuple[Product, bool]]:
    """Do the same for several products, and return them by id."""
    locked = Product.objects.select_for_update(of=("self",)).filter(id__in=product_ids).order_by("id")
    products = list(locked.select_related("category").prefetch_related("variants"))
    _complete_variants(products)
    snapshots = {product.id: catalog.snapshot_of(product) for product in products}
    changed = [one for one in products if catalog.digest_of(snapshots[one.id]) != one.snapshot]
    for product in changed:
        product.snapshot = catalog.digest_of(snapshots[product.id])
    statements.update_each(changed, ["snapshot"])
    fresh = catalog.refresh([product.id for product in products])
    paths = catalog.Paths([product.category for product in fresh])
    search.put([(product, catalog.filters_of(product, paths)) for product in fresh])
    record([snapshots[product.id] for product in (products if again else changed)])
    told = {product.id for product in changed}
    return {product.id: (product, product.id in told) for product in fresh}


def announce_catalog() -> int:
    """Publish every product again, for a service with an empty copy, and return their number."""
    ids = list(Product.objects.order_by("id").values_list("id", flat=True))
    for some in chunked(ids, _AT_A_TIME):
        announce_products(product_ids=some, again=True)
    return len(ids)


@transactional
def set_active(*, product_ids: Sequence[UUID], active: bool, now: datetime) -> int:
    """Activate or deactivate these products, and return the number that changed."""
    ids = list(
        Product.objects.filter(id__in=product_ids, active=not active).order_by("id").values_list("id", flat=True)
    )
    for some in chunked(ids, _AT_A_TIME):
        Product.objects.filter(id__in=some).update(active=active, updated_at=now)
        announce_products(product_ids=some)
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
    inside = Product.objects.filter(category__path__startswith=new).order_by("id").values_list("id", flat=True)
    for some in chunked(inside, _AT_A_TIME):
        announce_products(product_ids=some)


@transactional
def record_rating(*, product_id: UUID, hundredths: int, count: int, version: int) -> None:
    """Store the rating of the product unless a newer version is known."""
    rating = {"rating_hundredths": hundredths, "rating_count": count}
    if update_if_newer(Product.objects.filter(id=product_id), version, rating, version_field="rating_version"):
        catalog.refresh([product_id])


def _values_of(draft: ProductDraft, categories: Mapping[str, Category]) -> dict[str, object]:
    """Return the columns of the draft. Raises CategoryUnknown."""
    if draft.category not in categories:
        raise CategoryUnknown(f"There is no category {draft.category!r}.")
    return {
        "name": draft.name.strip(),
        "description": draft.description.strip(),
        "category": categories[draft.category],
        "image_url": draft.image_url,
        "active": draft.active,
    }


def _put_variants(drafts: Sequence[tuple[Product, ProductDraft]]) -> set[UUID]:
    """Create or change the variants, deactivate all others, and return the products of which anything changed."""
    skus = [variant.sku for _, draft in drafts for variant in draft.variants]
    known = {variant.sku: variant for variant in Variant.objects.filter(sku__in=skus)}
    new: list[Variant] = []
    touched: set[UUID] = set()
    for product, draft in drafts:
        for position, one in enumerate(draft.variants):
            values = _values_of_variant(one, position)
            variant = known.get(one.sku)
            if variant is None:
                new.append(Variant(product=product, sku=one.sku, option_terms=option_terms(one.options), **values))
            elif variant.product_id != product.id:
                raise ProductNotValid(f"{one.sku} is a variant of another product.")
            elif _change(variant, values):
                touched.add(product.id)
    Variant.objects.bulk_create(new)
    missing = Variant.objects.filter(product__in=[product.id for product, _ in drafts], active=True)
    gone = dict(missing.exclude(sku__in=skus).values_list("id", "product_id"))
    Variant.objects.filter(id__in=gone).update(active=False)
    return touched | {variant.product_id for variant in new} | set(gone.values())


def _values_of_variant(draft: VariantDraft, position: int) -> dict[str, object]:
    return {
        "name": draft.name,
        "options": dict(draft.options),
        "price_amount": draft.price,
        "weight_grams": draft.weight_grams,
        "active": draft.active,
        "position": position,
    }


def _complete_variants(products: Sequence[Product]) -> None:
    """Give each variant its stock item and the option terms for filters, which staff do not enter."""
    variants = [(product, variant) for product in products for variant in product.variants.all()]
    with_stock = set(StockItem.objects.filter(product__in=products).values_list("variant_id", flat=True))
    StockItem.objects.bulk_create(
        StockItem(variant=variant, sku=variant.sku, product=product)
        for product, variant in variants
        if variant.id not in with_stock
    )
    stale = [variant for _, variant in variants if variant.option_terms != option_terms(variant.options)]
    for variant in stale:
        variant.option_terms = option_terms(variant.options)
    statements.update_each(stale, ["option_terms"])


def _change(row: Product | Variant | Category, values: Mapping[str, object]) -> bool:
    """Write only the values that differ: other columns may have changed since. Return whether there were any."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save(update_fields=list(changed))
    return bool(changed)
