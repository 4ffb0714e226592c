"""The demo's catalogue: read from `catalogue/*.toml`, drawn, and put into the shop by the commands that staff use."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from products import commands
from products.demo.drawing import draw
from products.domain.catalogue import ProductDraft, VariantDraft, cents
from products.domain.ledger import Reason
from products.models import StockMovement

_FILES = ("home", "kitchen", "wear", "living")
_VALUE = re.compile(r"(?P<value>.+?)(?: \+(?P<price>\d+\.\d\d))?(?: \+(?P<grams>\d+)g)?")

Entry = dict[str, Any]


def catalogue() -> tuple[list[Entry], list[Entry]]:
    """The categories and the products, as they stand in the files."""
    folder = Path(__file__).parent / "catalogue"
    files = [tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in _FILES]
    return [one for file in files for one in file["categories"]], [one for file in files for one in file["products"]]


def load(media_root: Path, media_url: str) -> tuple[int, int]:
    """Draw the pictures, put categories, products and first stock; (products, how many of them were new or changed).

    Run again, it changes nothing, and it never touches stock that has moved since.
    """
    categories, entries = catalogue()
    for position, category in enumerate(categories):
        commands.put_category(**category, position=position)
    changed = 0
    for entry in entries:
        draft = draft_of(entry, media_url)
        _write_picture(draft, entry["picture"], media_root)
        _, new = commands.put_product(draft, now=timezone.now())
        changed += new
        _first_stock(draft, entry["stock"])
    return len(entries), changed


def draft_of(entry: Entry, media_url: str) -> ProductDraft:
    slug = slugify(entry["name"])
    return ProductDraft(
        slug=slug,
        name=entry["name"],
        category=entry["category"],
        description=entry["description"].strip(),
        image_url=f"{media_url}products/{slug}.svg",
        variants=list(_variants(entry)),
    )


def _variants(entry: Entry) -> Iterator[VariantDraft]:
    """Every combination of the option values; a value may cost and weigh more."""
    options = entry.get("options", {})
    for combination in itertools.product(*options.values()):
        price, weight, values = cents(entry["price"]), entry["weight"], []
        for text in combination:
            found = _VALUE.fullmatch(text)
            assert found, text
            values.append(found["value"])
            price += cents(found["price"]) if found["price"] else 0
            weight += int(found["grams"] or 0)
        yield VariantDraft(
            sku="-".join([entry["sku"], *(slugify(value).upper()[:10].strip("-") for value in values)]),
            name=", ".join(values),
            options=dict(zip(options, values, strict=True)),
            price=price,
            weight_grams=weight,
        )


def _write_picture(draft: ProductDraft, picture: list[str], media_root: Path) -> None:
    shape, palette, motif = picture
    path = media_root / "products" / f"{draft.slug}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = draw(name=draft.name, slug=draft.slug, shape=shape, palette=palette, motif=motif)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _first_stock(draft: ProductDraft, units: int) -> None:
    """The units of the file, shared out over the variants, unless the SKU has had any."""
    skus = [variant.sku for variant in draft.variants]
    known = set(StockMovement.objects.filter(sku__in=skus).values_list("sku", flat=True))
    each = max(units // len(skus), 3)
    new = {sku: each for sku in skus if sku not in known}
    if new:
        now = timezone.now()
        commands.adjust_stock(units=new, note="Demo catalogue", actor="load_demo", now=now, reason=Reason.IMPORTED)
