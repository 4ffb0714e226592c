"""Work outside of transactions: calls to the provider, look-ups, webhooks, and the comparison of the books."""

from payments.work.browser_secret import browser_secret
from payments.work.payment_lookup import look_up_now, look_up_payment, look_up_waiting
from payments.work.provider_calls import make_call
from payments.work.reconciliation import SPAN, reconcile, run_requested
from payments.work.saved_methods import forget_accounts
from payments.work.webhooks import process_webhook

__all__ = [
    "SPAN",
    "browser_secret",
    "forget_accounts",
    "look_up_now",
    "look_up_payment",
    "look_up_waiting",
    "make_call",
    "process_webhook",
    "reconcile",
    "run_requested",
]
