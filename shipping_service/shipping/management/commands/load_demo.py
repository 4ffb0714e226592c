"""A plausible rate table: two carriers, four services, four zones, six weight bands."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from chassis.transactions import transactional
from shipping import models

ZONES = {
    "home": ("Germany", "DE"),
    "eu": (
        "European Union",
        "AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
    ),
    "europe": ("Rest of Europe", "AD AL BA CH GB IS LI MC MD ME MK NO RS SM TR UA VA"),
    "world": (
        "World",
        "AE AR AU BR CA CL CN CO EG HK ID IL IN JO JP KE KR MA MX MY NG NZ PE PH SA SG TH TN TW US VN ZA",
    ),
}
SERVICES = {
    ("souk-post", "standard"): "Souk Post Standard",
    ("souk-post", "express"): "Souk Post Express",
    ("swift", "economy"): "Swift Economy",
    ("swift", "next_day"): "Swift Next Day",
}
BANDS = (500, 1_000, 2_000, 5_000, 10_000, 31_500)
#: Zone and service: days, then cents by band. What is missing is not offered: no next day over the ocean.
PRICES: dict[tuple[str, str, str], tuple[int, tuple[int, ...]]] = {
    ("home", "souk-post", "standard"): (3, (390, 490, 550, 690, 990, 1790)),
    ("home", "souk-post", "express"): (1, (890, 990, 1190, 1490, 1990, 3290)),
    ("home", "swift", "economy"): (4, (350, 450, 520, 650, 950, 1690)),
    ("home", "swift", "next_day"): (1, (990, 1090, 1290, 1590, 2190, 3590)),
    ("eu", "souk-post", "standard"): (5, (890, 1190, 1490, 1790, 2490, 4490)),
    ("eu", "souk-post", "express"): (2, (1990, 2290, 2790, 3490, 4990, 8990)),
    ("eu", "swift", "economy"): (7, (790, 990, 1290, 1690, 2290, 4190)),
    ("eu", "swift", "next_day"): (1, (2990, 3290, 3990, 4990, 6990, 11990)),
    ("europe", "souk-post", "standard"): (7, (1290, 1690, 2190, 2990, 4290, 7490)),
    ("europe", "souk-post", "express"): (3, (2990, 3490, 4290, 5490, 7990, 13990)),
    ("europe", "swift", "economy"): (9, (1190, 1490, 1990, 2790, 3990, 6990)),
    ("world", "souk-post", "standard"): (12, (1690, 2290, 3490, 5490, 8990, 17990)),
    ("world", "souk-post", "express"): (5, (3990, 4790, 6290, 8990, 13990, 26990)),
}


class Command(BaseCommand):
    help = "Load the demo zones, services and rates. A second time changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_demo()
        self.stdout.write("Loaded the demo rates." if loaded else "There are rates already.")


@transactional
def load_demo() -> bool:
    """Whether anything was to be done: rates that staff have made stay as they are."""
    if models.RateTable.objects.exists():
        return False
    zones = {code: models.Zone.objects.create(code=code, name=name) for code, (name, _) in ZONES.items()}
    models.ZoneCountry.objects.bulk_create(
        models.ZoneCountry(country=country, zone=zones[code])
        for code, (_, countries) in ZONES.items()
        for country in countries.split()
    )
    services = {
        key: models.CarrierService.objects.create(carrier=key[0], code=key[1], name=name)
        for key, name in SERVICES.items()
    }
    table = models.RateTable.objects.create(version=1, note="Demo", valid_from=timezone.now())
    models.Rate.objects.bulk_create(
        models.Rate(
            table=table,
            zone=zones[zone],
            service=services[carrier, service],
            max_weight_grams=grams,
            price_amount=cents,
            delivery_days=days,
        )
        for (zone, carrier, service), (days, prices) in PRICES.items()
        for grams, cents in zip(BANDS, prices, strict=True)
    )
    return True
