"""What this service does. Each command is one transaction; only `carry_out` and `look_at` call a provider."""

from payments.commands.asking import (
    authorize_payment,
    capture_payment,
    refund_payment,
    request_refund,
    retry_refund,
    void_order,
)
from payments.commands.carrying_out import carry_out, carry_out_due
from payments.commands.looking import look_at, look_at_waiting
from payments.commands.mismatches import resolve_mismatch
from payments.commands.reconciling import reconcile
from payments.commands.webhooks import (
    forget_webhooks,
    process_webhook,
    process_webhooks_due,
    requeue_webhook,
    take_webhook,
)

__all__ = [
    "authorize_payment",
    "capture_payment",
    "carry_out",
    "carry_out_due",
    "forget_webhooks",
    "look_at",
    "look_at_waiting",
    "process_webhook",
    "process_webhooks_due",
    "reconcile",
    "refund_payment",
    "request_refund",
    "requeue_webhook",
    "resolve_mismatch",
    "retry_refund",
    "take_webhook",
    "void_order",
]
