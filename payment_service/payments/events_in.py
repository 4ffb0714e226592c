"""Messages that this service receives, with one short handler each: commands of orders, and facts of others."""

from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads
from chassis.core.money import Money
from chassis.inbox.handlers import Context, handlers
from chassis.privacy.erasures import on_account_deleted
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from payments import commands


@reads("payment.authorize.v1")
class AuthorizePayment:
    order_id: UUID
    attempt: int
    customer_id: UUID
    amount: Money
    payment_method: str
    number: str
    expires_at: datetime
    country: str = ""


@reads("payment.capture.v1")
class CapturePayment:
    order_id: UUID


@reads("payment.void.v1")
class VoidPayment:
    order_id: UUID


@reads("payment.refund.v1")
class RefundPayment:
    order_id: UUID
    refund_id: UUID
    amount: Money
    reason: str = ""
    attempt: int = 1


@reads("shipment.delivered.v1")
class ShipmentDelivered:
    order_id: UUID


def on_authorize(message: AuthorizePayment, context: Context) -> None:
    commands.authorize_payment(
        order_id=message.order_id,
        attempt=message.attempt,
        customer_id=message.customer_id,
        number=message.number,
        amount=message.amount,
        method=message.payment_method,
        expires_at=message.expires_at,
        country=message.country,
        now=context.now,
    )


def on_capture(message: CapturePayment, context: Context) -> None:
    commands.capture_payment(order_id=message.order_id, now=context.now)


def on_void(message: VoidPayment, context: Context) -> None:
    commands.close_order_payments(order_id=message.order_id, now=context.now)


def on_refund(message: RefundPayment, context: Context) -> None:
    commands.refund_payment(
        order_id=message.order_id,
        refund_id=message.refund_id,
        attempt=message.attempt,
        amount=message.amount,
        reason=message.reason,
        now=context.now,
    )


def on_delivered(message: ShipmentDelivered, context: Context) -> None:
    commands.record_delivery(order_id=message.order_id, now=context.now)


HANDLERS = handlers(
    (AuthorizePayment, on_authorize),
    (CapturePayment, on_capture),
    (VoidPayment, on_void),
    (RefundPayment, on_refund),
    (ShipmentDelivered, on_delivered),
    (SessionsEnded, on_sessions_ended),
    (AccountDeleted, on_account_deleted),
    (ExportRequested, on_export_requested),
)
