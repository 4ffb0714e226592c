"""A CSV file of products: one line per variant; the lines of a product share its slug.

A missing column leaves the current values unchanged.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.core.errors import DomainError
from chassis.values.booleans import BOOLEANS
from products.domain.catalog import ProductDraft, ProductNotValid, VariantDraft, cents, checked

REQUIRED = ("slug", "sku")
MOST_LINES = 200_000
_MOST_PROBLEMS = 50


class ImportRefused(DomainError):
    """The file has errors; nothing was imported."""

    code = "import_refused"


@dataclass(frozen=True, slots=True)
class ImportedVariant:
    """A line of the file. `values`: fields of the variant; `count`: units counted on the shelf."""

    line: int
    sku: str
    values: Mapping[str, Any]
    count: int | None = None


@dataclass(slots=True)
class ImportedProduct:
    """The lines of one slug. `values`: fields of the product."""

    line: int
    slug: str
    values: dict[str, Any] = field(default_factory=dict)
    variants: list[ImportedVariant] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Return the counted units by SKU, where the file has them."""
        return {one.sku: one.count for one in self.variants if one.count is not None}


def text_of(content: bytes) -> str:
    """Decode UTF-8, or UTF-16 with a byte order mark, as Excel writes them. Raises ImportRefused."""
    try:
        return content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused("The file is not UTF-8 text.") from error


def read_csv(text: str) -> list[ImportedProduct]:
    """Return the products of a file with a header line. Raises ImportRefused, which names each bad line and column."""
    if "\x00" in text:
        raise ImportRefused("The file holds zero bytes: save it as UTF-8 text.")
    problems: list[str] = []
    found: dict[str, ImportedProduct] = {}
    lines: dict[str, int] = {}
    for number, row in _rows(text, problems):
        variant = ImportedVariant(number, *_read_variant(number, row, problems))
        if variant.sku in lines:
            problems.append(f"line {number}, sku: {variant.sku} is also in line {lines[variant.sku]}")
        lines.setdefault(variant.sku, number)
        product = found.setdefault(row["slug"].strip(), ImportedProduct(number, row["slug"].strip()))
        product.variants.append(variant)
        _read_product(product, number, row, problems)
    if problems:
        raise refused(problems)
    return list(found.values())


def refused(problems: list[str]) -> ImportRefused:
    shown = problems[:_MOST_PROBLEMS]
    if len(problems) > len(shown):
        shown = [*shown, f"and {len(problems) - len(shown)} more"]
    return ImportRefused("\n".join(shown), problems=shown)


def merged(asked: ImportedProduct, known: ProductDraft | None) -> ProductDraft:
    """Return the draft of the product. Raises ProductNotValid, also for a new one with missing fields."""
    if known is None:
        _require(asked.slug, ("name", "category"), asked.values)
    before = {one.sku: one for one in known.variants} if known else {}
    values: dict[str, Any] = {name: getattr(known, name) for name in _PRODUCT if known} or {"description": ""}
    return checked(
        ProductDraft(
            slug=asked.slug,
            variants=[_merged_variant(one, before.get(one.sku)) for one in asked.variants],
            **{**values, **asked.values},
        )
    )


def losses(known: ProductDraft, draft: ProductDraft) -> list[str]:
    """Return what would no longer be sold or shown, for a person to confirm."""
    found = []
    if known.active and not draft.active:
        found.append(f"{known.slug}: would no longer be sold")
    for name in ("description", "image_url"):
        if getattr(known, name).strip() and not getattr(draft, name).strip():
            found.append(f"{known.slug}: loses its {name}")
    after = {one.sku: one for one in draft.variants}
    for variant in known.variants:
        new = after.get(variant.sku)
        if variant.active and (new is None or not new.active):
            found.append(f"{known.slug}: {variant.sku} would no longer be sold")
        elif new is not None:
            found += [
                f"{known.slug}: {variant.sku} loses its {column}"
                for column, (name, _) in _VARIANT.items()
                if getattr(variant, name) and not getattr(new, name) and name != "active"
            ]
    return found


def _merged_variant(asked: ImportedVariant, known: VariantDraft | None) -> VariantDraft:
    if known is None:
        _require(asked.sku, ("price", "weight_grams"), asked.values)
        return VariantDraft(sku=asked.sku, **{"name": "", "options": {}, **asked.values})
    values = {name: getattr(known, name) for name, _ in _VARIANT.values()}
    return VariantDraft(sku=asked.sku, **{**values, **asked.values})


def _require(what: str, names: tuple[str, ...], values: Mapping[str, Any]) -> None:
    if missing := [name for name in names if name not in values]:
        raise ProductNotValid(f"{what} is new and needs {', '.join(missing)}.")


def _rows(text: str, problems: list[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each line with its number. Raises ImportRefused if the columns are wrong or the CSV is broken."""
    header = text.split("\n", 1)[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = list(reader.fieldnames or ())
        missing = [name for name in REQUIRED if name not in names]
        unknown = [name for name in names if name not in COLUMNS]
        twice = sorted({name for name in names if names.count(name) > 1})
        if missing or unknown or twice:
            lists = [("missing", missing), ("unknown", unknown), ("twice", twice)]
            said = "; ".join(f"{what}: {found or 'none'}" for what, found in lists)
            raise ImportRefused(f"Columns {said}.")
        for row in reader:
            if reader.line_num > MOST_LINES:
                raise ImportRefused(f"A file may have {MOST_LINES:,} lines.")
            if None in row or None in row.values():
                problems.append(f"line {reader.line_num}: not as many fields as the header has")
            else:
                yield reader.line_num, row
    except csv.Error as error:
        raise ImportRefused(f"line {reader.line_num + 1}: {error}") from error


def _read_product(product: ImportedProduct, number: int, row: Mapping[str, str], problems: list[str]) -> None:
    """Read the product's fields of the line; later lines may leave them empty but not contradict."""
    for name, value in _read(number, row, {name: (name, read) for name, read in _PRODUCT.items()}, problems).items():
        if product.values.setdefault(name, value) in (value, ""):
            product.values[name] = value
        elif value != "":
            problems.append(f"line {number}, {name}: differs from line {product.line}")


def _read_variant(number: int, row: Mapping[str, str], problems: list[str]) -> tuple[str, dict[str, Any], int | None]:
    counted = _read(number, row, {"stock": ("count", _units)}, problems) if row.get("stock", "").strip() else {}
    return row["sku"].strip(), _read(number, row, _VARIANT, problems), counted.get("count")


def _read(
    number: int, row: Mapping[str, str], columns: Mapping[str, tuple[str, Callable[[str], Any]]], problems: list[str]
) -> dict[str, Any]:
    """Return the values of these columns, where the file has them; an empty yes or no is ignored."""
    values = {}
    for column, (name, read) in columns.items():
        if column not in row or (read is _flag and not row[column].strip()):
            continue
        try:
            values[name] = read(row[column])
        except (ProductNotValid, ValueError) as error:
            problems.append(f"line {number}, {column}: {error}")
    return values


def _flag(text: str) -> bool:
    word = text.strip().casefold()
    if word not in BOOLEANS:
        raise ValueError(f"{text!r} is neither yes nor no")
    return BOOLEANS[word]


def _units(text: str) -> int:
    if not (text.strip().isascii() and text.strip().isdecimal()) or len(text.strip()) > 7:
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _options(text: str) -> dict[str, str]:
    options = {}
    for pair in text.split(";"):
        name, sign, value = pair.partition("=")
        if pair.strip() and not sign:
            raise ValueError(f"{pair!r} is not like color=blue")
        if pair.strip():
            options[name.strip()] = value.strip()
    return options


#: Columns of the product, and how each is parsed.
_PRODUCT: Mapping[str, Callable[[str], Any]] = {
    "name": str.strip,
    "category": str.strip,
    "description": str.strip,
    "image_url": str.strip,
    "active": _flag,
}
#: Columns of the variant: the field, and how each is parsed.
_VARIANT: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "variant": ("name", str.strip),
    "options": ("options", _options),
    "price": ("price", cents),
    "weight_grams": ("weight_grams", _units),
    "variant_active": ("active", _flag),
}
COLUMNS = ("slug", *_PRODUCT, "sku", *_VARIANT, "stock")
