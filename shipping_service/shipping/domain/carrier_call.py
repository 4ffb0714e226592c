"""A request to a carrier, its answer, and how long to wait between requests. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from chassis.core.errors import DomainError, Kind
from shipping.domain.shipment_data import Direction


class Operation(StrEnum):
    CREATE = "create"
    CANCEL = "cancel"


class CallState(StrEnum):
    WAITING = "waiting"  # to be made, or made without an answer
    SUCCEEDED = "succeeded"
    REFUSED = "refused"  # a definite no
    WITHDRAWN = "withdrawn"  # canceled before it was made


class CallNotOpen(DomainError):
    """The call has ended, or is being made at this moment. Look again in a minute."""

    code, kind = "call_not_open", Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The parcel that a label is requested for.

    `reference` is ours and unique: a lookup by it finds the label when an answer was lost. `address` is the
    customer's: the destination of an outbound parcel, the origin of a return.
    """

    reference: str
    direction: Direction
    carrier: str
    service: str
    number: str
    address: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    weight_grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtLabel:
    tracking_number: str
    tracking_url: str
    media_type: str
    document: bytes


@dataclass(frozen=True, slots=True)
class Canceled:
    """The label is canceled."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite no. `code` is stable; `message` is for people."""

    code: str
    message: str


Answer = BoughtLabel | Canceled | Refusal

#: Longer than all requests of one attempt together.
LEASE = timedelta(seconds=60)

#: No carrier works longer on one request: what cannot be found after this was never done.
IN_FLIGHT = timedelta(minutes=2)

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_POLL_PAUSE = timedelta(hours=6)


def poll_pause(base: timedelta, quiet: int) -> timedelta:
    """Return the pause after `quiet` polls without new events: doubled each time, at most six hours."""
    return min(base * (1 << min(quiet, 12)), LONGEST_POLL_PAUSE)
