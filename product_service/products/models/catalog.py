from __future__ import annotations

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from products.domain.sort_key import LONGEST_KEY

#: The orderings of lists, by the names of their indexes.
_ORDERINGS = {
    "newest": ("created_at", "id"),
    "price": ("price_from", "id"),
    "rating": ("rating_hundredths", "rating_count", "id"),
    "name": ("name_key", "id"),
    "best": ("sold", "rating_hundredths", "rating_count", "id"),
}


def _on_sale(name: str, *fields: str) -> models.Index:
    """Return an index of the active products. SQLite uses no index that begins with a bare boolean."""
    return models.Index(fields=fields, condition=Q(active=True), name=name)


class Category(models.Model):
    """A node of the category tree. `path` is derived: the slugs from the root, `home/lamps/`; a prefix is a subtree."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True, default="")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order among its siblings.")
    path = models.CharField(max_length=500, unique=True, editable=False)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ("path",)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product. The columns after `updated_at` are derived, for cheap reads (see `repository/catalog.py`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(max_length=5000, blank=True, default="")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    image_url = models.CharField(max_length=300, blank=True, default="", help_text="/media/... or https://...")
    active = models.BooleanField(default=True, help_text="Shown and sold.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    name_key = models.CharField(max_length=LONGEST_KEY, default="", editable=False, help_text="Sort key of the name.")
    price_from = models.PositiveIntegerField(default=0, editable=False, help_text="Lowest price of a variant, cents.")
    in_stock = models.BooleanField(default=False, editable=False)
    sold = models.PositiveIntegerField(default=0, editable=False, help_text="Units in confirmed orders.")
    rating_hundredths = models.PositiveSmallIntegerField(default=0, editable=False)
    rating_count = models.PositiveIntegerField(default=0, editable=False)
    rating_version = models.BigIntegerField(default=0, editable=False)
    snapshot = models.CharField(
        max_length=64, default="", editable=False, help_text="Digest of the published snapshot."
    )
    card = models.TextField(default="{}", editable=False, help_text="The product in lists, as JSON.")
    page = models.TextField(default="{}", editable=False, help_text="The product by itself, as JSON; stock is added.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(rating_hundredths__lte=500), name="product_rating_range")]
        indexes = [
            *(_on_sale(f"product_{name}", *fields) for name, fields in _ORDERINGS.items()),
            *(_on_sale(f"product_category_{name}", "category", *fields) for name, fields in _ORDERINGS.items()),
            # Of the admin, which shows inactive products too.
            models.Index(fields=["name_key", "id"], name="product_by_name"),
            models.Index(fields=["created_at"], name="product_created"),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """A variant of a product, with a SKU. `price_amount`: cents, VAT included. `option_terms` is derived."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80, blank=True, default="")
    options = models.JSONField(default=dict, blank=True, help_text='Like {"color": "blue", "size": "L"}.')
    option_terms = models.CharField(max_length=500, default="", editable=False)
    price_amount = models.PositiveIntegerField(help_text="Cents.")
    currency = models.CharField(max_length=3, default="EUR", editable=False)
    weight_grams = models.PositiveIntegerField()
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "sku")
        constraints = [models.CheckConstraint(condition=Q(price_amount__gt=0), name="variant_price_positive")]

    def __str__(self) -> str:
        return self.sku


class SearchEntry(models.Model):
    """The folded words of a product. Migration 0002 derives the engine's index from this table in the same transaction.

    The key is a number because SQLite's full-text index requires one.
    """

    id = models.BigAutoField(primary_key=True)
    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="+")
    name = models.TextField()
    category = models.TextField()
    keywords = models.TextField(help_text="Options, variant names, SKUs.")
    description = models.TextField()
    filters = models.TextField(default="", help_text="Terms of categories, options and stock (`filter_terms`).")


class SearchWord(models.Model):
    """A word that the catalog has used; misspelled words are corrected to these."""

    id = models.BigAutoField(primary_key=True)
    word = models.CharField(max_length=60, unique=True)
