"""Everything that changes data: keyword-only functions, one transaction each, which call nobody."""

from shipping.commands.carrier_calls import (
    forget_calls,
    record_cancellation,
    record_label,
    record_refusal,
    retry_call,
)
from shipping.commands.manual_tracking import record_manually
from shipping.commands.product_weights import record_product
from shipping.commands.quotes import issue_quotes
from shipping.commands.rates import draft_rate_table, publish_rate_table
from shipping.commands.shipments import cancel_shipment, request_return, request_shipment
from shipping.commands.tracking import record_tracking, stop_polling
from shipping.commands.webhooks import apply_webhook, forget_webhooks, store_webhook

__all__ = [
    "apply_webhook",
    "cancel_shipment",
    "draft_rate_table",
    "forget_calls",
    "forget_webhooks",
    "issue_quotes",
    "publish_rate_table",
    "record_cancellation",
    "record_label",
    "record_manually",
    "record_product",
    "record_refusal",
    "record_tracking",
    "request_return",
    "request_shipment",
    "retry_call",
    "stop_polling",
    "store_webhook",
]
