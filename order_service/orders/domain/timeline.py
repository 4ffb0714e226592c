"""What is written down about an order: for staff each message, attempt and undo; for the customer the steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    STEP = "step"  # the order went on, or asked another service to do something
    MESSAGE = "message"  # another service answered
    ATTEMPT = "attempt"  # an attempt to pay, or a question asked again
    COMPENSATION = "compensation"  # something is put back
    NOTE = "note"  # what people did or have to look at


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline. `sequence` and `told` stand where the customer is told something.

    `about`: the message that this line sent, so that its id can be written beside it.
    """

    kind: EntryKind
    name: str
    detail: str = ""
    told: str = ""
    sequence: int | None = None
    about: object | None = None
