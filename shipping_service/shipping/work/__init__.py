"""Work outside of transactions: calls to the carrier, polls for tracking events, and the carrier's webhooks."""

from shipping.work.carrier_calls import make_call
from shipping.work.carrier_webhooks import accept_webhook, process_webhook
from shipping.work.tracking_polls import poll_carrier

__all__ = ["accept_webhook", "make_call", "poll_carrier", "process_webhook"]
