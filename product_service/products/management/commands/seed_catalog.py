"""Add generated products with variants, stock, ledger and search words, by bulk insert."""

from __future__ import annotations

import random
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from chassis.seeding import SeedCommand
from chassis.transactions import transactional
from products import commands
from products.domain.catalog import option_terms
from products.domain.ledger import Account, Reason
from products.models import BoughtTogether, Category, Product, Purchase, StockItem, StockMovement, Variant
from products.repository import catalog, search

_DEPARTMENTS = ("home", "kitchen", "garden", "wear", "sports", "toys", "office", "music")
_SHELVES = ("classics", "new", "basics", "gifts", "outlet", "premium")
_KINDS = (
    *("lamp", "chair", "table", "mug", "bowl", "shirt", "bag", "scarf", "teapot", "rug", "clock", "vase", "basket"),
    *("blanket", "pillow", "candle", "mirror", "shelf", "stool", "kettle", "plate", "glass", "knife", "board", "towel"),
)
_MATERIALS = ("oak", "linen", "cotton", "brass", "steel", "ceramic", "leather", "wool", "glass", "bamboo", "marble")
_COLORS = ("blue", "red", "green", "black", "white", "sand", "ruby", "amber")
_SIZES = ("S", "M", "L")
_QUALITIES = ("quiet", "bright", "sturdy", "light", "round", "square", "tall", "soft", "striped", "plain", "folding")
#: Names of series: words that few products share.
_ENDS = ("bara", "cura", "dana", "mina", "nova", "pera", "rosa", "sala", "tor", "vara", "vik", "zeta")
_SERIES = [f"{begun}{end}" for begun in ("al", "be", "ci", "do", "el", "fa", "go") for end in _ENDS]


class Command(SeedCommand):
    help = "Add generated products, to see what the service costs with a large catalog. Not in production."
    what = "products"

    def prepare(self) -> int:
        for place, department in enumerate(_DEPARTMENTS):
            commands.put_category(slug=department, name=department.title(), position=place)
            for shelf in _SHELVES:
                commands.put_category(slug=f"{department}-{shelf}", name=shelf.title(), parent=department)
        self.categories = list(Category.objects.filter(parent__slug__in=_DEPARTMENTS).order_by("path"))
        self.paths = catalog.Paths(self.categories)
        return Product.objects.count()

    @transactional
    def add(self, numbers: range, chance: random.Random) -> None:
        products = [self._product(number, chance) for number in numbers]
        variants = [variant for product in products for variant in product.variants.all()]
        units = {variant.id: chance.choice((0, 5, 20, 80)) for variant in variants}
        for product in products:
            in_stock = any(units[variant.id] for variant in product.variants.all())
            catalog.derive(product, in_stock=in_stock, paths=self.paths)
        Product.objects.bulk_create(products)
        Variant.objects.bulk_create(variants)
        self._add_stock(variants, units)
        search.add([(product, catalog.filters_of(product, self.paths)) for product in products])
        self._add_purchases([product.id for product in products], chance)

    def _product(self, number: int, chance: random.Random) -> Product:
        kind, material, quality, series = map(chance.choice, (_KINDS, _MATERIALS, _QUALITIES, _SERIES))
        created = self.moment(number)
        product = Product(
            slug=f"{quality}-{material}-{kind}-{number}",
            name=f"{quality} {material} {kind} {series}".capitalize(),
            description=f"A {quality} {kind} of {material}. Made for every {chance.choice(_KINDS)} lover.",
            category=chance.choice(self.categories),
            created_at=created,
            updated_at=created,
            sold=int(chance.paretovariate(1)) - 1,
            rating_count=(rated := chance.choice((0, 0, 1, 8, 40))),
            rating_hundredths=chance.randrange(200, 501) if rated else 0,
        )
        variants = [
            self._variant(product, f"SEED-{number}-{place}", place, chance)
            for place in range(chance.choice((1, 1, 2, 3)))
        ]
        product._prefetched_objects_cache = {"variants": variants}  # type: ignore[attr-defined]
        product.snapshot = catalog.digest_of(catalog.snapshot_of(product))
        return product

    def _variant(self, product: Product, sku: str, place: int, chance: random.Random) -> Variant:
        # In the order in which PostgreSQL stores them, the shortest name first: the snapshot's digest depends on it.
        options = {"size": _SIZES[place], "color": chance.choice(_COLORS)}
        return Variant(
            product=product,
            sku=sku,
            name=", ".join(options.values()),
            options=options,
            option_terms=option_terms(options),
            price_amount=chance.randrange(500, 50_000),
            weight_grams=chance.randrange(100, 5_000),
            position=place,
        )

    def _add_stock(self, variants: list[Variant], units: dict[UUID, int]) -> None:
        now = timezone.now()
        StockItem.objects.bulk_create(
            StockItem(variant=one, sku=one.sku, product=one.product, on_hand=units[one.id]) for one in variants
        )
        StockMovement.objects.bulk_create(
            StockMovement(
                sku=one.sku,
                quantity=units[one.id],
                source=Account.OUTSIDE,
                target=Account.AVAILABLE,
                reason=Reason.IMPORTED,
                actor="seed_catalog",
                created_at=now,
            )
            for one in variants
            if units[one.id]
        )

    def _add_purchases(self, product_ids: list[UUID], chance: random.Random) -> None:
        """Add customers who have bought pairs of these products."""
        now, pairs, purchases = timezone.now(), set(), []
        for _ in range(len(product_ids) // 2):
            customer_id, bought = uuid7(), chance.sample(product_ids, min(2, len(product_ids)))
            purchases += [Purchase(customer_id=customer_id, product_id=one, units=1, bought_at=now) for one in bought]
            pairs |= {(bought[0], bought[-1]), (bought[-1], bought[0])}
        Purchase.objects.bulk_create(purchases)
        BoughtTogether.objects.bulk_create(
            BoughtTogether(product_id=one, other_id=other, orders=1) for one, other in sorted(pairs) if one != other
        )
