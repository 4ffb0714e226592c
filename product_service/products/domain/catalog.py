"""Validation of products, variants and slugs. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import regex

from chassis.core.errors import DomainError, Kind
from chassis.core.money import Money
from chassis.values.errors import InvalidValue
from chassis.values.identifiers import is_slug, picture_url, sku
from chassis.values.text import line

CURRENCY = "EUR"
#: In cents, and in grams.
HIGHEST_PRICE = 10_000_000
HEAVIEST_GRAMS = 500_000

#: Paths of the API: a product with one of these slugs could not be opened.
RESERVED_SLUGS = frozenset({"search"})
#: A grapheme cluster: a letter with its marks.
_LETTER = regex.compile(r"\X")
_PRICE = re.compile(r"\d{1,6}(\.\d{1,2})?")


class ProductNotValid(DomainError):
    """The product is not valid."""

    code = "product_not_valid"


class CategoryUnknown(DomainError):
    """There is no such category."""

    code, kind = "category_unknown", Kind.NOT_FOUND


class CategoryInsideItself(DomainError):
    """A category cannot be its own ancestor."""

    code, kind = "category_inside_itself", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDraft:
    """A variant to be created or changed. `price`: cents."""

    sku: str
    name: str
    price: int
    weight_grams: int
    options: Mapping[str, str]
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """A product to be created or changed. `category`: a slug."""

    slug: str
    name: str
    category: str
    description: str
    variants: Sequence[VariantDraft]
    image_url: str = ""
    active: bool = True


def checked(draft: ProductDraft) -> ProductDraft:
    """Return the draft if it is valid. Raises ProductNotValid with the reason."""
    checked_slug(draft.slug, longest=80)
    try:
        line(draft.name)
    except InvalidValue as error:
        raise ProductNotValid(f"{draft.slug}, name: {error.message}") from error
    if len(draft.name) > 120:
        raise ProductNotValid(f"{draft.slug}: the name must have 1 to 120 characters.")
    if len(draft.description) > 5000 or len(draft.image_url) > 300:
        raise ProductNotValid(f"{draft.slug}: at most 5000 characters of description, 300 of image_url.")
    try:
        picture_url(draft.image_url)
    except InvalidValue as error:
        raise ProductNotValid(f"{draft.slug}, image_url: {error.message}") from error
    if not draft.variants:
        raise ProductNotValid(f"{draft.slug}: a product needs a variant.")
    for variant in draft.variants:
        checked_variant(variant)
    if len({variant.sku for variant in draft.variants}) < len(draft.variants):
        raise ProductNotValid(f"{draft.slug}: a SKU is listed twice.")
    return draft


def checked_slug(slug: str, *, longest: int) -> str:
    """Return the slug if a page can be opened by it. Raises ProductNotValid."""
    if not is_slug(slug) or len(slug) > longest:
        raise ProductNotValid(f"{slug!r} is not a slug: lower case letters, digits and single hyphens.")
    if slug in RESERVED_SLUGS:
        raise ProductNotValid(f"{slug!r} is reserved for the API.")
    try:
        UUID(slug)
    except ValueError:
        return slug
    raise ProductNotValid(f"{slug!r} looks like an id, so it cannot be a slug.")


def checked_variant(variant: VariantDraft) -> VariantDraft:
    """Return the variant if it is valid. Raises ProductNotValid with the reason."""
    try:
        sku(variant.sku)
    except InvalidValue as error:
        raise ProductNotValid(f"{variant.sku!r}: {error.message}") from error
    if not 0 < variant.price <= HIGHEST_PRICE:
        highest = Money(HIGHEST_PRICE, CURRENCY)
        raise ProductNotValid(f"{variant.sku}: the price must be above zero and at most {highest}.")
    if not 0 < variant.weight_grams <= HEAVIEST_GRAMS:  # carriers refuse parcels without weight
        raise ProductNotValid(f"{variant.sku}: the weight must be 1 to {HEAVIEST_GRAMS} grams.")
    if len(variant.name) > 80:
        raise ProductNotValid(f"{variant.sku}: the name of a variant may have 80 characters.")
    for name, value in variant.options.items():
        if not isinstance(value, str) or not 0 < len(name) <= 40 or not 0 < len(value) <= 60:
            raise ProductNotValid(f"{variant.sku}: options are short texts, like color and blue.")
    if len(option_terms(variant.options)) > 500:
        raise ProductNotValid(f"{variant.sku}: these are too many options.")
    return variant


def cents(text: str) -> int:
    """Return the cents of a price like `19.99`, without floats. Raises ProductNotValid."""
    price = text.strip()
    if not _PRICE.fullmatch(price):
        raise ProductNotValid(f"{text!r} is not a price like 19.99.")
    return Money.parse(price, CURRENCY).amount


def option_terms(options: Mapping[str, str]) -> str:
    """Return the options as stored for filters, by name: `|color=deep blue|size=l|`."""
    terms = sorted(option_term(name, value) for name, value in options.items())
    return f"|{'|'.join(terms)}|" if terms else ""


def option_term(name: str, value: str) -> str:
    return f"{folded(name)}={folded(value)}".replace("|", "/")


def folded(text: str) -> str:
    """Return the text in the form for comparison: lower case, without accents, single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def summary(description: str, *, longest: int = 160) -> str:
    """Return the first sentence, or as many whole words as fit."""
    first = description.strip().split("\n", 1)[0]
    sentence = re.split(r"(?<=[.!?])\s", first, maxsplit=1)[0]
    if len(_LETTER.findall(sentence)) <= longest:
        return sentence
    letters = "".join(_LETTER.findall(sentence)[: longest - 1])
    return letters.rsplit(" ", 1)[0].rstrip(",;:") + "…"
