"""Commands about disputes: record what the provider reports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from chassis.transactions import transactional
from payments import repository
from payments.commands.mismatches import record_difference
from payments.commands.order_changes import store
from payments.domain.disputes import apply_dispute
from payments.domain.provider_payment import ProviderDispute
from payments.domain.reconciliation import Finding, disputed_elsewhere

log = structlog.get_logger(__name__)


@transactional
def record_provider_dispute(*, payment_id: UUID, order_id: UUID, found: ProviderDispute, now: datetime) -> None:
    """Record the provider's dispute about our payment, and announce what is new in it."""
    order = repository.locked(order_id)
    known = set(order.disputes)
    apply_dispute(order, payment_id, found)
    store(order, now)
    for dispute_id in order.disputes.keys() - known:
        log.error("payment_disputed", dispute_id=str(dispute_id), order_id=str(order_id), payment_id=str(payment_id))


def record_foreign_dispute(*, provider: str, found: ProviderDispute, now: datetime) -> None:
    """Show staff a dispute about a payment that is not ours."""
    record_difference(Finding(provider, found.id, None, disputed_elsewhere(found)), now=now)
