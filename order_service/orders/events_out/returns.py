"""The events of a return; all have the same fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.messages import event
from chassis.core.money import Money
from orders.events_out.parts import CustomerEvent, Line


@dataclass(frozen=True, kw_only=True)
class AboutReturn(CustomerEvent):
    """`refund`: the amount of the refund. `message`: a text for the customer.

    `send_back_by`: when an approved return expires without a parcel.
    """

    return_id: UUID
    lines: tuple[Line, ...]
    refund: Money | None
    label_url: str
    message: str
    send_back_by: datetime | None = None


@event("return.requested.v1", subject="return_id")
class ReturnRequested(AboutReturn):
    """The customer asked to return units."""


@event("return.approved.v1", subject="return_id")
class ReturnApproved(AboutReturn):
    """The return is approved, and its label is ready."""


@event("return.rejected.v1", subject="return_id")
class ReturnRejected(AboutReturn):
    """Staff rejected the return."""


@event("return.received.v1", subject="return_id")
class ReturnReceived(AboutReturn):
    """The parcel is back; the refund is on its way."""


@event("return.refunded.v1", subject="return_id")
class ReturnRefunded(AboutReturn):
    """The return was refunded."""


@event("return.label_failed.v1", subject="return_id")
class ReturnLabelFailed(AboutReturn):
    """There is no label, or the parcel is lost on its way back; staff decide."""


@event("return.expired.v1", subject="return_id")
class ReturnExpired(AboutReturn):
    """The return was approved, but nothing came back in time."""
