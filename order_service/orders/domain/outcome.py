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
from orders.events_out import CustomerEvent, CustomerStep, OrderProgressed


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
    """A step that the customer sees: in the timeline, on the order, and live. `status`: the order's at that moment.

    `event`: the event that is sent with it and tells other services of the same; without one, `order.progressed` is.
    """

    step: str
    text: str
    status: CustomerStatus
    kind: EntryKind = EntryKind.STEP
    detail: str = ""
    event: CustomerEvent | None = None


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
    order: Order,
    step: str,
    text: str,
    *,
    kind: EntryKind = EntryKind.STEP,
    detail: str = "",
    event: CustomerEvent | None = None,
) -> CustomerUpdate:
    """Return the update with the customer status that the order has now."""
    return CustomerUpdate(step=step, text=text, status=order.customer_status, kind=kind, detail=detail, event=event)


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
                told = _told(order, note, sequence, now)
                messages.append(told)
                entries.append(_entry_of_update(note, sequence, told))
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


def _entry_of_update(update: CustomerUpdate, sequence: int, told: object) -> Entry:
    return Entry(
        kind=update.kind,
        name=update.step,
        detail=update.detail,
        customer_text=update.text,
        sequence=sequence,
        about=told,
    )


def _told(order: Order, update: CustomerUpdate, sequence: int, now: datetime) -> object:
    """Return the one message that tells of the step."""
    step = CustomerStep(
        sequence=sequence, status=update.status.value, step=update.step, message=update.text, occurred_at=now
    )
    return replace(update.event, update=step) if update.event else _progressed(order, step)


def steps_apart(outcome: Outcome) -> list[OrderProgressed]:
    """Return `order.progressed` for the steps that events carry, for receivers that do not read them there."""
    carried = (message.update for message in outcome.messages if isinstance(message, CustomerEvent))
    return [_progressed(outcome.order, step) for step in carried if step is not None]


def _progressed(order: Order, step: CustomerStep) -> OrderProgressed:
    return OrderProgressed(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        sequence=step.sequence,
        status=step.status,
        step=step.step,
        message=step.message,
        occurred_at=step.occurred_at,
    )
