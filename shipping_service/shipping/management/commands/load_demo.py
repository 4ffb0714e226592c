"""Load the demo rates: zones, services and one rate table."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chassis.transactions import transactional
from shipping import models

#: The repository's `demo/shipping`; a production install has none.
FOLDER = Path(__file__).resolve().parents[4] / "demo" / "shipping"


class Command(BaseCommand):
    help = "Load the demo zones, services and rates. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=FOLDER, help="Folder of `rates.toml`.")

    def handle(self, *args: Any, folder: Path = FOLDER, **options: Any) -> None:
        try:
            loaded = load_demo(folder)
        except FileNotFoundError as error:
            raise CommandError(f"No demo rates in {folder}: name their folder with --folder.") from error
        self.stdout.write("Loaded the demo rates." if loaded else "There are rates already.")


@transactional
def load_demo(folder: Path = FOLDER) -> bool:
    """Load the rates and return True; return False if there are rates already, which stay as they are."""
    if models.RateTable.objects.exists():
        return False
    demo = tomllib.loads((folder / "rates.toml").read_text(encoding="utf-8"))
    zones = {one["code"]: models.Zone.objects.create(code=one["code"], name=one["name"]) for one in demo["zones"]}
    models.ZoneCountry.objects.bulk_create(
        models.ZoneCountry(country=country, zone=zones[one["code"]])
        for one in demo["zones"]
        for country in one["countries"].split()
    )
    services = {(one["carrier"], one["code"]): models.CarrierService.objects.create(**one) for one in demo["services"]}
    table = models.RateTable.objects.create(version=1, note="Demo", valid_from=timezone.now())
    models.Rate.objects.bulk_create(
        models.Rate(
            table=table,
            zone=zones[rate["zone"]],
            service=services[rate["carrier"], rate["service"]],
            max_weight_grams=grams,
            price_amount=cents,
            delivery_days=rate["days"],
        )
        for rate in demo["rates"]
        for grams, cents in zip(demo["weight_bands"], rate["prices"], strict=True)
    )
    return True
