"""A row that a sweep cannot process does not delay the others."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow, Job
from products import commands, tasks
from products.models import Reservation, StockItem
from tests.factories import a_product, a_variant, reserve

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_sku_whose_counters_are_off_stops_no_other_hold_from_expiring(deliver, broken):
    a_product("thing", units=9, variants=[a_variant("AA"), a_variant("BB"), a_variant("CC")])
    orders = [uuid4() for _ in range(3)]
    for order_id, sku in zip(orders, ("AA", "BB", "CC"), strict=True):
        deliver("stock.reserve.v1", reserve((sku, 2), order_id=order_id))
    StockItem.objects.filter(sku=("AA", "BB", "CC")[broken]).update(reserved=0)
    long_ago = timezone.now() - timedelta(days=1)
    Reservation.objects.update(reserved_until=long_ago)
    tasks.expire_reservations()
    held = set(Reservation.objects.filter(status="reserved").values_list("order_id", flat=True))
    assert held == {orders[broken]}
    assert FailedRow.objects.get().key == str(orders[broken])
    assert str(orders[broken]) in Job.objects.get(name="job.expire_reservations").last_error
    assert commands.expire_reservations(now=timezone.now()) == 0, "it waits"


def test_as_many_broken_holds_as_one_sweep_takes_do_not_stand_before_a_good_one(deliver):
    a_product("thing", units=9, variants=[a_variant("AA"), a_variant("BB")])
    for sku in ("AA", "AA", "AA", "BB"):
        deliver("stock.reserve.v1", reserve((sku, 1), order_id=uuid4()))
    StockItem.objects.filter(sku="AA").update(reserved=0)
    later = timezone.now() + timedelta(days=1)
    commands.expire_reservations(now=later, limit=3)
    FailedRow.objects.update(next_try_at=later + timedelta(minutes=10))
    assert commands.expire_reservations(now=later, limit=3) == 1
