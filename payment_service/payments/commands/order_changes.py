"""Store a changed order with its effects, inside the command's transaction."""

from __future__ import annotations

from datetime import datetime

from chassis.outbox.recorder import record
from chassis.work.running import run_after_commit
from payments import repository
from payments.domain.order_payments import OrderPayments
from payments.models import ProviderCall


def store(order: OrderPayments, now: datetime) -> None:
    """Save the order, record its messages in the outbox, and call the provider after the commit."""
    call_ids = repository.save(order, now=now)
    record(order.messages)
    run_after_commit(ProviderCall, *call_ids)
