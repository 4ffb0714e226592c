"""What this service receives, one short handler each. All four come from the order service."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.money import Money
from chassis.inbox.handlers import Context, handlers
from chassis.privacy.collecting import on_export_requested
from chassis.privacy.erasing import on_account_deleted
from chassis.privacy.messages import AccountDeleted, ExportRequested
from chassis.revocation import SessionsEnded, on_sessions_ended
from payments import commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizePayment:
    order_id: UUID
    attempt: int
    customer_id: UUID
    amount: Money
    payment_method: str
    number: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePayment:
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidPayment:
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment:
    order_id: UUID
    refund_id: UUID
    amount: Money
    reason: str = ""
    attempt: int = 1


def on_authorize(message: AuthorizePayment, context: Context) -> None:
    commands.authorize_payment(
        order_id=message.order_id,
        attempt=message.attempt,
        customer_id=message.customer_id,
        number=message.number,
        amount=message.amount,
        method=message.payment_method,
        expires_at=message.expires_at,
        now=context.now,
    )


def on_capture(message: CapturePayment, context: Context) -> None:
    commands.capture_payment(order_id=message.order_id, now=context.now)


def on_void(message: VoidPayment, context: Context) -> None:
    commands.void_order(order_id=message.order_id, now=context.now)


def on_refund(message: RefundPayment, context: Context) -> None:
    commands.refund_payment(
        order_id=message.order_id,
        refund_id=message.refund_id,
        attempt=message.attempt,
        amount=message.amount,
        reason=message.reason,
        now=context.now,
    )


HANDLERS = handlers(
    ("payment.authorize.v1", AuthorizePayment, on_authorize),
    ("payment.capture.v1", CapturePayment, on_capture),
    ("payment.void.v1", VoidPayment, on_void),
    ("payment.refund.v1", RefundPayment, on_refund),
    ("user.sessions_ended.v1", SessionsEnded, on_sessions_ended),
    ("user.deleted.v1", AccountDeleted, on_account_deleted),
    ("personal_data.export_requested.v1", ExportRequested, on_export_requested),
)
