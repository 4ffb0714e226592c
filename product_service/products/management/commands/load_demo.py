"""Load the demo catalog: categories, products with their pictures, and opening stock."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.text import slugify

from products import commands
from products.domain.catalog import ProductDraft, VariantDraft, cents
from products.domain.ledger import Reason
from products.models import StockMovement

#: The repository's `demo/products`; a production install has none.
FOLDER = Path(__file__).resolve().parents[4] / "demo" / "products"
#: The files, in the order of their categories.
_FILES = ("home", "kitchen", "wear", "living")
_OPTION_VALUE = re.compile(r"(?P<value>.+?)(?: \+(?P<price>\d+\.\d\d))?(?: \+(?P<grams>\d+)g)?")

Entry = dict[str, Any]


class Command(BaseCommand):
    help = "Load the demo catalog, its pictures and opening stock. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=FOLDER, help="Folder of the TOML files and `pictures/`.")

    def handle(self, *args: Any, folder: Path = FOLDER, **options: Any) -> None:
        try:
            categories, entries = read_catalog(folder)
        except FileNotFoundError as error:
            raise CommandError(f"No demo catalog in {folder}: name its folder with --folder.") from error
        for position, category in enumerate(categories):
            commands.put_category(**category, position=position)
        changed = 0
        for entry in entries:
            draft = draft_of(entry, settings.MEDIA_URL)
            _copy_picture(draft.slug, folder, Path(settings.MEDIA_ROOT))
            changed += commands.put_product(draft, now=timezone.now())[1]
            _add_opening_stock(draft, entry["stock"])
        self.stdout.write(f"{len(entries)} products in the demo catalog, {changed} of them new or changed.")


def read_catalog(folder: Path) -> tuple[list[Entry], list[Entry]]:
    """Return the categories and the products of the files."""
    files = [tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in _FILES]
    return [one for file in files for one in file["categories"]], [one for file in files for one in file["products"]]


def draft_of(entry: Entry, media_url: str) -> ProductDraft:
    """Return the product that an entry of the file describes."""
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
    """Yield a variant for each combination of option values; a value may add to price and weight."""
    options = entry.get("options", {})
    for combination in itertools.product(*options.values()):
        price, weight, values = cents(entry["price"]), entry["weight"], []
        for text in combination:
            found = _OPTION_VALUE.fullmatch(text)
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


def _copy_picture(slug: str, folder: Path, media_root: Path) -> None:
    picture = (folder / "pictures" / f"{slug}.svg").read_bytes()
    target = media_root / "products" / f"{slug}.svg"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_bytes() != picture:
        target.write_bytes(picture)


def _add_opening_stock(draft: ProductDraft, units: int) -> None:
    """Share the units out over the variants that have never had any."""
    skus = [variant.sku for variant in draft.variants]
    known = set(StockMovement.objects.filter(sku__in=skus).values_list("sku", flat=True))
    each = max(units // len(skus), 3)
    new = {sku: each for sku in skus if sku not in known}
    if new:
        now = timezone.now()
        commands.adjust_stock(units=new, note="Demo catalog", actor="load_demo", now=now, reason=Reason.IMPORTED)
