"""All that changes something: keyword-only functions, one transaction each."""

from shipping.commands.by_hand import record_by_hand
from shipping.commands.carrier_calls import forget_calls, retry_call, run_call, run_due_calls
from shipping.commands.catalogue import record_product
from shipping.commands.quotes import issue_quotes
from shipping.commands.rates import draft_rate_table, publish_rate_table
from shipping.commands.shipments import cancel_shipment, request_return, request_shipment
from shipping.commands.tracking import poll_due, record_news
from shipping.commands.webhooks import accept_webhook, forget_webhooks, process_due_webhooks, resume_webhook

__all__ = [
    "accept_webhook",
    "cancel_shipment",
    "draft_rate_table",
    "forget_calls",
    "forget_webhooks",
    "issue_quotes",
    "poll_due",
    "process_due_webhooks",
    "publish_rate_table",
    "record_by_hand",
    "record_news",
    "record_product",
    "request_return",
    "request_shipment",
    "resume_webhook",
    "retry_call",
    "run_call",
    "run_due_calls",
]
