"""A parcel's route. A recipient named "nobody home" is never met: the parcel comes back after two attempts.

Parcels to "lost parcel" and "damaged parcel" do not arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FROM = "Leipzig, DE"
HUBS = {
    "AT": "Vienna hub, AT",
    "BE": "Brussels hub, BE",
    "CH": "Zurich hub, CH",
    "DE": "Frankfurt hub, DE",
    "ES": "Madrid hub, ES",
    "FR": "Paris hub, FR",
    "GB": "London hub, GB",
    "IT": "Milan hub, IT",
    "NL": "Amsterdam hub, NL",
    "PL": "Warsaw hub, PL",
    "US": "New York hub, US",
}


@dataclass(frozen=True)
class Happening:
    status: str
    description: str
    location: str


LABEL_CREATED = Happening("label_created", "The sender has announced the parcel.", "")
CANCELED = Happening("canceled", "The sender has withdrawn the parcel.", "")


def steps(shipment: dict[str, Any]) -> list[Happening]:
    """Return all steps after the label."""
    address = shipment["address"]
    city = f"{address['city']}, {address['country']}"
    hub = HUBS.get(address["country"], f"{address['country']} hub")
    return _back(city, hub) if shipment["kind"] == "return" else _there(city, hub, address["name"])


def _there(city: str, hub: str, name: str) -> list[Happening]:
    way = [
        Happening("picked_up", "We have picked up the parcel.", FROM),
        Happening("in_transit", "The parcel has left our depot.", FROM),
        Happening("in_transit", "The parcel has arrived at the hub of its destination.", hub),
        Happening("out_for_delivery", "The parcel is in the van and comes today.", city),
    ]
    if "nobody home" in name.lower():
        missed = Happening("attempt_failed", "We have met nobody; we come again tomorrow.", city)
        return [*way, missed, missed, Happening("returned_to_sender", "The parcel goes back to its sender.", FROM)]
    for word in ("lost", "damaged"):
        if f"{word} parcel" in name.lower():
            return [*way, Happening(word, f"The parcel was {word} on its way.", hub)]
    return [*way, Happening("delivered", "The parcel has been handed over.", city)]


def _back(city: str, hub: str) -> list[Happening]:
    return [
        Happening("picked_up", "The parcel was handed in at a shop.", city),
        Happening("in_transit", "The parcel is on its way back.", hub),
        Happening("received", "The sender has received the parcel back.", FROM),
    ]
