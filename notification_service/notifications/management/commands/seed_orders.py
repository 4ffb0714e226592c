"""Add the notifications of generated orders with their deliveries and updates, by bulk insert."""

from __future__ import annotations

import random

from chassis.seeding import SeedCommand, generated_id
from chassis.transactions import transactional
from notifications.domain.delivery import DeliveryState
from notifications.domain.notification_kind import Medium
from notifications.domain.order_kinds import ORDER_KINDS
from notifications.models import Contact, Delivery, Notification, Stream, Update

#: Mails of an order, and its steps as a customer sees them live.
_MAILS, _STEPS = 3, 4
_ORDERS_OF_A_CUSTOMER = 8


class Command(SeedCommand):
    help = "Add notifications of generated orders, to see what the service costs when it has grown. Not in production."
    what = "orders"

    def prepare(self) -> int:
        return Update.objects.values("order_id").distinct().count()

    @transactional
    def add(self, numbers: range, chance: random.Random) -> None:
        customers = sorted({number // _ORDERS_OF_A_CUSTOMER for number in numbers})
        Contact.objects.bulk_create(map(self._contact, customers), ignore_conflicts=True)
        last = _STEPS * _ORDERS_OF_A_CUSTOMER
        streams = (Stream(user_id=generated_id("customer", one), last_seq=last) for one in customers)
        Stream.objects.bulk_create(streams, ignore_conflicts=True)
        notifications = [self._notification(number, mail) for number in numbers for mail in range(_MAILS)]
        Notification.objects.bulk_create(notifications)
        Delivery.objects.bulk_create(map(self._delivery, notifications))
        Update.objects.bulk_create(self._update(number, step) for number in numbers for step in range(_STEPS))

    def _contact(self, customer: int) -> Contact:
        address = f"customer{customer}@example.com"
        return Contact(
            user_id=generated_id("customer", customer), email=address, email_verified=True, updated_at=self.now
        )

    def _notification(self, number: int, mail: int) -> Notification:
        kind, created = ORDER_KINDS[mail], self.moment(number)
        return Notification(
            user_id=generated_id("customer", number // _ORDERS_OF_A_CUSTOMER),
            source=f"{kind.name}:{generated_id('order', number)}",
            kind=kind.name,
            category=kind.category,
            title=f"Generated order {number}",
            body="Generated",
            correlation_id=str(generated_id("order", number)),
            created_at=created,
            read_at=created if number % 3 else None,
        )

    def _delivery(self, notification: Notification) -> Delivery:
        return Delivery(
            notification=notification,
            user_id=notification.user_id,
            medium=Medium.EMAIL,
            target="customer@example.com",
            state=DeliveryState.SENT,
            message_id=f"{notification.id}@example.com",
            sent_at=notification.created_at,
            finished_at=notification.created_at,
            created_at=notification.created_at,
        )

    def _update(self, number: int, step: int) -> Update:
        order_id, moment = generated_id("order", number), self.moment(number)
        return Update(
            user_id=generated_id("customer", number // _ORDERS_OF_A_CUSTOMER),
            seq=number % _ORDERS_OF_A_CUSTOMER * _STEPS + step + 1,
            source=f"{order_id}/{step}",
            type="order.updated",
            data={"order_id": str(order_id)},
            order_id=order_id,
            step=step + 1,
            at=moment,
            received_at=moment,
        )
