"""A CSV file of products: one line a variant, the lines of a product together by its slug."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.errors import DomainError
from products.domain.catalogue import ProductDraft, ProductNotValid, VariantDraft, cents, checked

COLUMNS = (
    "slug",
    "name",
    "category",
    "description",
    "image_url",
    "active",
    "sku",
    "variant",
    "options",
    "price",
    "weight_grams",
    "stock",
)
REQUIRED = ("slug", "name", "category", "sku", "price", "weight_grams")
MOST_LINES = 20_000


class ImportRefused(DomainError):
    """The file has mistakes; nothing was imported."""

    code = "import_refused"


@dataclass(frozen=True, slots=True)
class Import:
    """`counts`: how many units lie on the shelf, by SKU; a SKU without a number keeps what it has."""

    drafts: list[ProductDraft] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def read_csv(text: str) -> Import:
    """The products of a file with a header line. Raises ImportRefused, which names every bad line."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if missing or unknown:
        raise ImportRefused(f"Columns missing: {missing or 'none'}; unknown: {unknown or 'none'}.")
    problems: list[str] = []
    rows: dict[str, list[tuple[int, Mapping[str, str]]]] = {}
    for number, row in enumerate(reader, 2):
        if number > MOST_LINES:
            raise ImportRefused(f"A file may have {MOST_LINES} lines.")
        if None in row or None in row.values():
            problems.append(f"line {number}: not as many fields as the header has")
            continue
        rows.setdefault(row["slug"].strip(), []).append((number, row))
    found = Import()
    for lines in rows.values():
        _read_product(lines, found, problems)
    if problems:
        raise ImportRefused("\n".join(problems[:50]), problems=problems[:50])
    return found


def _read_product(lines: list[tuple[int, Mapping[str, str]]], found: Import, problems: list[str]) -> None:
    variants = []
    for number, row in lines:
        try:
            variants.append(_variant(row))
            if count := row.get("stock", "").strip():
                found.counts[row["sku"].strip()] = _units(count)
        except (ProductNotValid, ValueError) as error:
            problems.append(f"line {number}: {error}")
    if len(variants) < len(lines):
        return
    number, first = lines[0]
    try:
        found.drafts.append(checked(_draft(first, variants)))
    except ProductNotValid as error:
        problems.append(f"line {number}: {error}")


def _draft(row: Mapping[str, str], variants: list[VariantDraft]) -> ProductDraft:
    return ProductDraft(
        slug=row["slug"].strip(),
        name=row["name"].strip(),
        category=row["category"].strip(),
        description=row.get("description", ""),
        image_url=row.get("image_url", "").strip(),
        active=row.get("active", "").strip().lower() not in {"0", "no", "false"},
        variants=variants,
    )


def _variant(row: Mapping[str, str]) -> VariantDraft:
    pairs = [pair.partition("=") for pair in row.get("options", "").split(";") if pair.strip()]
    return VariantDraft(
        sku=row["sku"].strip(),
        name=row.get("variant", "").strip(),
        options={name.strip(): value.strip() for name, _, value in pairs},
        price=cents(row["price"]),
        weight_grams=_units(row["weight_grams"]),
    )


def _units(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > 7:
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)
