"""Migration 0004 on rows of the previous version."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone
from tests.factories import a_product, a_variant, all_units_of

from products import commands
from products.models import Reservation, ReservationLine, StockItem, StockMovement
from products.repository.stock import discrepancies

pytestmark = pytest.mark.django_db

migration = import_module("products.migrations.0004_allocated_units_on_the_shelf")


def allocated_before(*, days: int, restocked: int = 0):
    """Store a paid order of three units as in the old ledger: no longer on the shelf."""
    order_id, now = uuid4(), timezone.now()
    commands.reserve_stock(order_id=order_id, lines=[("AA", 3)], hold_seconds=60, now=now)
    commands.allocate_stock(order_id=order_id, now=now)
    commands.dispatch_stock(order_id=order_id, now=now)
    rows = Reservation.objects.filter(order_id=order_id)
    rows.update(status="allocated", updated_at=now - timedelta(days=days))
    ReservationLine.objects.filter(reservation__order_id=order_id).update(restocked=restocked)
    return order_id


def test_units_to_be_sent_are_on_the_shelf_again_after_the_migration_and_it_can_be_reversed():
    a_product("thing", units=12, variants=[a_variant("AA")])
    young, old = allocated_before(days=1), allocated_before(days=30)
    returned = allocated_before(days=1, restocked=1)
    assert all_units_of("AA") == (3, 0, 0)
    migration.to_the_shelf(apps, None)
    assert all_units_of("AA") == (6, 0, 3)
    assert dict(Reservation.objects.values_list("order_id", "status")) == {
        young: "allocated",
        old: "dispatched",
        returned: "dispatched",
    }
    assert discrepancies() == []
    commands.dispatch_stock(order_id=young, now=timezone.now())
    assert all_units_of("AA") == (3, 0, 0)


def test_the_upgrade_can_be_undone():
    a_product("thing", units=12, variants=[a_variant("AA")])
    allocated_before(days=1)
    before = list(StockItem.objects.values())
    migration.to_the_shelf(apps, None)
    migration.from_the_shelf(apps, None)
    assert list(StockItem.objects.values()) == before
    assert set(Reservation.objects.values_list("status", flat=True)) == {"allocated"}
    assert StockMovement.objects.filter(note=migration.NOTE).count() == 2
    assert discrepancies() == []
