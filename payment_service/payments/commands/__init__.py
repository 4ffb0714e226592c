"""The commands of this service: keyword-only functions, one transaction each."""

from payments.commands.bookings import book_payout, book_receipt, record_delivery, refuse_payout
from payments.commands.disputes import record_foreign_dispute, record_provider_dispute
from payments.commands.mismatches import resolve_mismatch
from payments.commands.payments import (
    authorize_payment,
    capture_held_payment,
    capture_payment,
    close_order_payments,
    release_held_payment,
)
from payments.commands.provider_calls import forget_calls, give_up_call, record_provider_payment, settle_call
from payments.commands.provider_customers import count_set_up
from payments.commands.reconciliation_runs import check_period, finish_run, forget_runs, request_reconciliation
from payments.commands.refunds import refund_payment, request_refund, retry_refund
from payments.commands.webhooks import forget_webhooks, requeue_webhook, store_webhook
