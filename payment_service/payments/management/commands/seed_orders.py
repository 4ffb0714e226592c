"""Add the payments of generated orders with their ledger and calls, by bulk insert."""

from __future__ import annotations

import random

from chassis.seeding import SeedCommand, generated_id
from chassis.transactions import transactional
from payments.domain.ledger import EntryKind, Outcome
from payments.domain.payment import PaymentStatus
from payments.domain.provider_calls import Operation
from payments.models import CallStatus, OrderAccount, Payment, PaymentEvent, ProviderCall

_STATUSES = [PaymentStatus.CAPTURED] * 95 + [PaymentStatus.DECLINED] * 5


class Command(SeedCommand):
    help = "Add the payments of generated orders, to see what the service costs when it has grown. Not in production."
    what = "orders"

    def prepare(self) -> int:
        return OrderAccount.objects.count()

    @transactional
    def add(self, numbers: range, chance: random.Random) -> None:
        payments = [self._payment(number, chance) for number in numbers]
        taken = [one for one in payments if one.captured_amount]
        OrderAccount.objects.bulk_create(OrderAccount(order_id=one.order_id) for one in payments)
        Payment.objects.bulk_create(payments)
        PaymentEvent.objects.bulk_create(
            PaymentEvent(
                payment=one, kind=kind, outcome=Outcome.SUCCEEDED, amount=one.amount, currency="EUR", at=one.created_at
            )
            for one in taken
            for kind in (EntryKind.AUTHORIZATION, EntryKind.CHARGE)
        )
        ProviderCall.objects.bulk_create(
            [self._call(one, Operation.AUTHORIZE) for one in payments]
            + [self._call(one, Operation.CAPTURE) for one in taken]
        )

    def _payment(self, number: int, chance: random.Random) -> Payment:
        status, amount, created = chance.choice(_STATUSES), chance.randrange(1_000, 60_000), self.moment(number)
        return Payment(
            id=generated_id("payment", number),
            order_id=generated_id("order", number),
            attempt=1,
            customer_id=generated_id("customer", number // 8),
            number=f"SEED-{number}",
            amount=amount,
            currency="EUR",
            status=status,
            captured_amount=amount if status is PaymentStatus.CAPTURED else 0,
            provider="sandbox",
            provider_id=f"seed_{number}",
            expires_at=created,
            looked_at=created,
            created_at=created,
            updated_at=created,
        )

    def _call(self, payment: Payment, operation: Operation) -> ProviderCall:
        return ProviderCall(
            payment=payment,
            operation=operation,
            subject=payment.id,
            amount=payment.amount,
            currency="EUR",
            status=CallStatus.DONE if payment.captured_amount else CallStatus.REFUSED,
            sent_at=payment.created_at,
            finished_at=payment.created_at,
            correlation_id=str(payment.order_id),
            created_at=payment.created_at,
            updated_at=payment.created_at,
        )
