"""One turn of an order: from its present state to the next, with what is sent and written down on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.core.messages import message_type
from orders.domain.order import Order
from orders.domain.policy import Policy
from orders.domain.states import OrderStatus
from orders.domain.timeline import Entry, EntryKind
from orders.events_out import OrderProgressed


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state, the messages to send, the timeline's new lines. All empty when nothing changed."""

    order: Order
    messages: tuple[object, ...] = ()
    entries: tuple[Entry, ...] = ()


class Turn:
    """Gathers an Outcome. A turn lives inside one pure function and never leaves it."""

    def __init__(self, order: Order, *, now: datetime, policy: Policy) -> None:
        self.order = order
        self.now = now
        self.policy = policy
        self._messages: list[object] = []
        self._entries: list[Entry] = []

    def change(self, **values: Any) -> None:
        self.order = replace(self.order, **values)

    def move(self, status: OrderStatus) -> None:
        self.order = self.order.moved(status)

    def send(self, message: object, kind: EntryKind | None = None, detail: str = "") -> None:
        """Send it; with a `kind`, write that down too."""
        self._messages.append(message)
        if kind is not None:
            name = message_type(message).name.rpartition(".")[0]
            self._entries.append(Entry(kind=kind, name=name, detail=detail, about=message))

    def write(self, kind: EntryKind, name: str, detail: str = "") -> None:
        """A line for staff only."""
        self._entries.append(Entry(kind=kind, name=name, detail=detail))

    def tell(self, step: str, sentence: str, *, kind: EntryKind = EntryKind.STEP, detail: str = "") -> None:
        """A line for the customer: in the timeline, on the order, and live."""
        sequence = self.order.sequence + 1
        self.change(sequence=sequence, message=sentence)
        order = self.order
        progressed = OrderProgressed(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            sequence=sequence,
            status=order.customer_status.value,
            step=step,
            message=sentence,
            occurred_at=self.now,
        )
        self._messages.append(progressed)
        self._entries.append(
            Entry(kind=kind, name=step, detail=detail, told=sentence, sequence=sequence, about=progressed)
        )

    def alert(self, what: str) -> None:
        """Have staff look."""
        self.change(attention=what)
        self.write(EntryKind.NOTE, "attention", what)

    def outcome(self) -> Outcome:
        return Outcome(replace(self.order, updated_at=self.now), tuple(self._messages), tuple(self._entries))
