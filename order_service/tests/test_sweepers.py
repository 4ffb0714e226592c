"""A row that a sweep cannot process does not delay the others."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow
from orders import commands, tasks
from orders.commands import returns
from orders.models import Order
from tests.factories import place

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_broken_order_stops_no_other_order(customer_id: UUID, outbox, broken: int) -> None:
    placed = [place(customer_id) for _ in range(3)]
    Order.objects.update(ask_again_at=timezone.now() - timedelta(seconds=1))
    Order.objects.filter(id=placed[broken].id).update(waiting_step="nonsense")
    tasks.wake_orders()
    asked = [data["order_id"] for data in outbox.data("stock.reserve.v1")]
    assert [asked.count(str(order.id)) for order in placed] == [1 if at == broken else 2 for at in range(3)]
    assert FailedRow.objects.get().key == str(placed[broken].id)


def test_broken_orders_do_not_stand_before_good_ones(customer_id: UUID, outbox) -> None:
    placed = [place(customer_id) for _ in range(3)]
    past = timezone.now() - timedelta(hours=1)
    Order.objects.filter(id__in=[order.id for order in placed[:2]]).update(waiting_step="nonsense", ask_again_at=past)
    Order.objects.filter(id=placed[2].id).update(ask_again_at=timezone.now())
    commands.wake_due_orders(now=timezone.now(), limit=2)
    assert commands.wake_due_orders(now=timezone.now(), limit=2) == 1
    assert [data["order_id"] for data in outbox.data("stock.reserve.v1")].count(str(placed[2].id)) == 2


def test_a_broken_return_stops_no_other_return(monkeypatch) -> None:
    ids = [UUID(int=number) for number in range(3)]
    changed = []

    def change(*, return_id, change):
        if return_id == ids[1]:
            raise ValueError("broken")
        changed.append(return_id)

    monkeypatch.setattr(returns.returns, "due_returns", lambda now, limit, without: ids)
    monkeypatch.setattr(returns, "_change", change)
    assert commands.wake_due_returns(now=timezone.now()) == 2
    assert changed == [ids[0], ids[2]]
    assert FailedRow.objects.get().key == str(ids[1])
