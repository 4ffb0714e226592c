"""Messages about returns: notifications and live updates for the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads
from chassis.core.money import Money
from chassis.inbox.handlers import Context
from notifications.commands.notifications import notify
from notifications.events_in.updates import CustomerMessage, facts_of, fingerprint, publish_update, show_step


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnUpdate(CustomerMessage):
    """The fields that are read of every `return.*` event."""

    return_id: UUID
    lines: list[ReturnLine]
    refund: Money | None = None
    label_url: str | None = None
    message: str | None = None
    send_back_by: datetime | None = None


@reads("return.requested.v1", "return.received.v1")
class ReturnProgressed(ReturnUpdate):
    """The return was requested, or its parcel arrived."""


@reads("return.approved.v1")
class ReturnApproved(ReturnUpdate):
    """The return was approved."""


@reads("return.rejected.v1")
class ReturnRejected(ReturnUpdate):
    """The return was rejected."""


@reads("return.refunded.v1")
class ReturnRefunded(ReturnUpdate):
    """The return was refunded."""


@reads("return.expired.v1")
class ReturnExpired(ReturnUpdate):
    """Nothing was sent back in time."""


@reads("return.label_failed.v1")
class ReturnLabelFailed(ReturnUpdate):
    """There is no label, or its parcel is lost."""


def on_return_progressed(message: ReturnUpdate, context: Context) -> None:
    show_step(message, context)
    publish_update(message, context, source=str(message.return_id))


def on_return_approved(message: ReturnApproved, context: Context) -> None:
    on_return_progressed(message, context)
    _notify("return_approved", message, context, label=fingerprint(message.label_url or ""))


def on_return_rejected(message: ReturnRejected, context: Context) -> None:
    on_return_progressed(message, context)
    _notify("return_rejected", message, context)


def on_return_refunded(message: ReturnRefunded, context: Context) -> None:
    on_return_progressed(message, context)
    if message.refund is not None and message.refund.amount > 0:
        _notify("return_refunded", message, context)


def on_return_expired(message: ReturnExpired, context: Context) -> None:
    on_return_progressed(message, context)
    _notify("return_expired", message, context)


def on_return_label_failed(message: ReturnLabelFailed, context: Context) -> None:
    on_return_progressed(message, context)
    _notify("return_label_failed", message, context)


def _notify(kind: str, message: ReturnUpdate, context: Context, *, label: str = "") -> None:
    """Notify the customer. `label` identifies the label: a replacement makes a notification of its own."""
    facts = {**facts_of(message), "message": message.message or "", "label_url": message.label_url or ""}
    source = f"{message.return_id}:{label}" if label else str(message.return_id)
    notify(kind, user_id=message.customer_id, source=source, facts=facts, now=context.now)


RETURNS = (
    (ReturnProgressed, on_return_progressed),
    (ReturnApproved, on_return_approved),
    (ReturnRejected, on_return_rejected),
    (ReturnRefunded, on_return_refunded),
    (ReturnExpired, on_return_expired),
    (ReturnLabelFailed, on_return_label_failed),
)
