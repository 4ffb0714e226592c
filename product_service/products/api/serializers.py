"""Response shapes for the OpenAPI document; `repository` and `queries` make the JSON itself."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class MoneyOutput(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="Minor units: cents.")
    currency = serializers.CharField(help_text="ISO 4217.")


class CategoryRefOutput(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class RatingOutput(serializers.Serializer[Any]):
    average_hundredths = serializers.IntegerField(help_text="467 is 4.67 stars; 0 without ratings.")
    count = serializers.IntegerField()


class ProductCardOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    summary = serializers.CharField()
    category = CategoryRefOutput()
    image_url = serializers.CharField()
    price_from = MoneyOutput(help_text="The lowest price of its variants, VAT included.")
    in_stock = serializers.BooleanField()
    rating = RatingOutput()


class VariantOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    price = MoneyOutput()
    weight_grams = serializers.IntegerField()
    available = serializers.IntegerField(help_text="Units that can be ordered now.")
    in_stock = serializers.BooleanField()


class ProductOutput(ProductCardOutput):
    description = serializers.CharField()
    categories = CategoryRefOutput(many=True, help_text="From the root to its own.")
    options = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    variants = VariantOutput(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ProductPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ProductCardOutput(many=True)


class FacetOutput(CategoryRefOutput):
    count = serializers.IntegerField()


class FacetsOutput(serializers.Serializer[Any]):
    categories = FacetOutput(many=True)


class SearchOutput(ProductPageOutput):
    query = serializers.CharField()
    corrected = serializers.CharField(allow_null=True, help_text="The corrected words of a misspelled query.")
    count = serializers.IntegerField(help_text="The number of products found.")
    facets = FacetsOutput()


class ProductCardsOutput(serializers.Serializer[Any]):
    results = ProductCardOutput(many=True)


class CategoryLeafOutput(CategoryRefOutput):
    description = serializers.CharField()
    product_count = serializers.IntegerField(help_text="Includes the subcategories.")
    children = serializers.ListField(child=serializers.DictField(), help_text="Subcategories of the same shape.")


class CategoryTreeOutput(serializers.Serializer[Any]):
    results = CategoryLeafOutput(many=True)
