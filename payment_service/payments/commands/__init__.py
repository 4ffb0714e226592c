"""What this service does. Each command is one transaction; only `carry_out` and `look_at` call a provider."""

from payments.commands.asking import (
    authorize_payment,
    capture_payment,
    refund_payment,
    request_refund,
    void_order,
)
from payments.commands.carrying_out import carry_out, carry_out_due
from payments.commands.looking import look_at, look_at_waiting
from payments.commands.reconciling import reconcile, resolve_mismatch
from payments.commands.webhooks import process_webhook, process_webhooks_due, take_webhook

__all__ = [
    "authorize_payment",
    "capture_payment",
    "carry_out",
    "carry_out_due",
    "look_at",
    "look_at_waiting",
    "process_webhook",
    "process_webhooks_due",
    "reconcile",
    "refund_payment",
    "request_refund",
    "resolve_mismatch",
    "take_webhook",
    "void_order",
]
