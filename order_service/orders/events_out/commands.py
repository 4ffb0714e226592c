"""The commands to other services, which define them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.core.messages import command
from chassis.core.money import Money
from chassis.privacy.messages import Contribution, Receipt
from orders.events_out.parts import Address, Item, NamedItem


@command("stock.reserve.v1", subject="order_id")
class ReserveStock:
    """Hold all lines of the order for `hold_seconds`, or none."""

    order_id: UUID
    lines: tuple[Item, ...]
    hold_seconds: int


@command("stock.allocate.v1", subject="order_id")
class AllocateStock:
    """Commit the reserved units to the order; they no longer expire."""

    order_id: UUID


@command("stock.release.v1", subject="order_id")
class ReleaseStock:
    """Return the reserved or allocated units of the order to the available stock."""

    order_id: UUID


@command("stock.restock.v1", subject="order_id")
class RestockReturn:
    """Put units back into stock. `return_id` names the return, or a parcel that came back undelivered."""

    order_id: UUID
    return_id: UUID
    lines: tuple[Item, ...]


@command("payment.authorize.v1", subject="order_id")
class AuthorizePayment:
    """Hold the amount of the order until it is captured or voided. A repeated `attempt` gets the same answer.

    `payment_method`: a provider, its token, or `<provider>:<token>`. `country`: where the order goes, by ISO 3166.
    """

    order_id: UUID
    attempt: int
    customer_id: UUID
    amount: Money
    payment_method: str
    number: str
    expires_at: datetime
    country: str = ""


@command("payment.capture.v1", subject="order_id")
class CapturePayment:
    """Collect the authorized amount of the order."""

    order_id: UUID


@command("payment.void.v1", subject="order_id")
class VoidPayment:
    """Close the payments of the order: authorizations are voided, captures refunded, later attempts refused."""

    order_id: UUID


@command("payment.refund.v1", subject="order_id")
class RefundPayment:
    """Refund the order. `refund_id` is the order's id for a cancellation, the return's for a return.

    The same `attempt` gets the same answer; a higher one repeats a refused refund.
    """

    order_id: UUID
    refund_id: UUID
    amount: Money
    reason: str
    attempt: int = 1


@command("shipment.create.v1", subject="order_id")
class CreateShipment:
    """Send the order. A higher `attempt` sends it again after a parcel that failed, came back or was lost."""

    order_id: UUID
    number: str
    customer_id: UUID
    quote_id: UUID
    carrier: str
    service: str
    address: Address
    lines: tuple[NamedItem, ...]
    attempt: int = 1


@command("shipment.cancel.v1", subject="order_id")
class CancelShipment:
    """Cancel the shipment of the order, unless its parcel has left."""

    order_id: UUID
    attempt: int = 1


@command("return_shipment.create.v1", subject="return_id")
class CreateReturnShipment:
    """Create a return label. A higher `attempt` requests another one after a failure."""

    return_id: UUID
    order_id: UUID
    customer_id: UUID
    lines: tuple[NamedItem, ...]
    attempt: int = 1


@command("erasure.report.v1", subject="user_id")
class ErasureReport(Receipt):
    """The personal data that this service has erased, has anonymized, and keeps, with the reasons."""


@command("export.contribute.v1", subject="export_id")
class ExportContribution(Contribution):
    """A part of the personal data in this service, for the person."""
