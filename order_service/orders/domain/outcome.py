"""The outcome of a change to an order: its new state, the messages to send and the new timeline entries.

Functions of the domain return notes in the order in which things happen; `outcome` joins them with the new state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.core.messages import message_type
from orders.domain.order import Order
from orders.domain.states import CustomerStatus
from orders.domain.timeline import Entry, EntryKind
from orders.events_out import OrderProgressed


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state, the messages to send and the new timeline entries; no messages or entries if nothing changed."""

    order: Order
    messages: tuple[object, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to send; with a `kind` it is also recorded in the timeline."""

    message: object
    kind: EntryKind | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUpdate:
    """A step that the customer sees: in the timeline, on the order, and live. `status`: the order's at that moment."""

    step: str
    text: str
    status: CustomerStatus
    kind: EntryKind = EntryKind.STEP
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StaffNote:
    """A timeline entry that only staff see."""

    kind: EntryKind
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A reason for staff to look at the order."""

    text: str


@dataclass(frozen=True, slots=True)
class AlertCleared:
    """Staff no longer have to look at the order."""


Note = Sent | CustomerUpdate | StaffNote | Alert | AlertCleared
Change = tuple[Order, list[Note]]


def customer_update(
    order: Order, step: str, text: str, *, kind: EntryKind = EntryKind.STEP, detail: str = ""
) -> CustomerUpdate:
    """Return the update with the customer status that the order has now."""
    return CustomerUpdate(step=step, text=text, status=order.customer_status, kind=kind, detail=detail)


def outcome(order: Order, notes: Iterable[Note], *, now: datetime) -> Outcome:
    """Join the new state and the notes. Customer updates are numbered without a gap."""
    messages: list[object] = []
    entries: list[Entry] = []
    sequence, message, attention = order.sequence, order.message, order.attention
    for note in notes:
        match note:
            case Sent():
                messages.append(note.message)
                if note.kind is not None:
                    entries.append(_entry_of_message(note.message, note.kind, note.detail))
            case CustomerUpdate():
                sequence, message = sequence + 1, note.text
                progressed = _progressed(order, note, sequence, now)
                messages.append(progressed)
                entries.append(_entry_of_update(note, sequence, progressed))
            case StaffNote():
                entries.append(Entry(kind=note.kind, name=note.name, detail=note.detail))
            case Alert():
                attention = note.text
                entries.append(Entry(kind=EntryKind.NOTE, name="attention", detail=note.text))
            case AlertCleared():
                attention = ""
    after = replace(order, sequence=sequence, message=message, attention=attention, updated_at=now)
    return Outcome(after, tuple(messages), tuple(entries))


def _entry_of_message(message: object, kind: EntryKind, detail: str) -> Entry:
    name = message_type(message).name.rpartition(".")[0]
    return Entry(kind=kind, name=name, detail=detail, about=message)


def _entry_of_update(update: CustomerUpdate, sequence: int, progressed: OrderProgressed) -> Entry:
    return Entry(
        kind=update.kind,
        name=update.step,
        detail=update.detail,
        customer_text=update.text,
        sequence=sequence,
        about=progressed,
    )


def _progressed(order: Order, update: CustomerUpdate, sequence: int, now: datetime) -> OrderProgressed:
    return OrderProgressed(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        sequence=sequence,
        status=update.status.value,
        step=update.step,
        message=update.text,
        occurred_at=now,
    )
