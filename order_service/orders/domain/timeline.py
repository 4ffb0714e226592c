"""The timeline of an order: for staff each message, attempt and compensation; for the customer the steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    STEP = "step"  # the order moved on, or asked another service to act
    MESSAGE = "message"  # another service answered
    ATTEMPT = "attempt"  # an attempt to pay, or a repeated command
    COMPENSATION = "compensation"  # a step is undone
    NOTE = "note"  # an action of staff, or a reason for staff to look


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the timeline. `sequence` and `customer_text` are set if the customer sees it.

    `about`: the message that was sent with this entry, so that its id can be stored.
    """

    kind: EntryKind
    name: str
    detail: str = ""
    customer_text: str = ""
    sequence: int | None = None
    about: object | None = None
