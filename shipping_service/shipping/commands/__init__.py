"""The commands of this service: keyword-only functions, one transaction each."""

from shipping.commands.carrier_calls import (
    forget_calls,
    give_up_call,
    record_answers,
    retry_call,
)
from shipping.commands.manual_tracking import record_manually
from shipping.commands.product_weights import record_product
from shipping.commands.quotes import issue_quotes
from shipping.commands.rates import draft_rate_table, publish_rate_table
from shipping.commands.shipments import cancel_shipment, request_return, request_shipment
from shipping.commands.tracking import record_tracking, stop_polling
from shipping.commands.webhooks import apply_webhook, apply_webhooks, forget_webhooks, store_webhook
