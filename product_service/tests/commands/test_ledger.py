"""Differences between counters and ledger, and their correction by staff."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.factories import a_product, a_variant, all_units_of, reserve

from products import commands
from products.domain.ledger import StockAgrees, StockNotMoved
from products.models import Reservation, StockItem, StockMovement, StockRepair, Variant
from products.repository.stock import discrepancies

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ten_of_which_two_are_held_and_three_are_sold(deliver):
    a_product("thing", units=10, variants=[a_variant("AA"), a_variant("BB")])
    held, sold = uuid4(), uuid4()
    deliver("stock.reserve.v1", reserve(("AA", 2), order_id=held))
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=sold))
    deliver("stock.allocate.v1", {"order_id": sold})
    return held, sold


def mend(note="Written by hand", sku="AA"):
    return commands.mend_stock(sku=sku, note=note, actor="ann@souk.test", now=timezone.now())


DRIFTS = [
    lambda: StockItem.objects.filter(sku="AA").update(reserved=0),
    lambda: StockItem.objects.filter(sku="AA").update(allocated=0),
    lambda: StockItem.objects.filter(sku="AA").update(on_hand=50),
    lambda: StockItem.objects.filter(sku="AA").update(on_hand=0, reserved=0, allocated=0),
    lambda: StockMovement.objects.filter(sku="AA", target="allocated").delete(),
    lambda: StockMovement.objects.filter(sku="AA", target="reserved").delete(),
]


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_is_mended_with_a_reason_and_orders_go_on(deliver, drift, ten_of_which_two_are_held_and_three_are_sold):
    held, sold = ten_of_which_two_are_held_and_three_are_sold
    drift()
    with pytest.raises(commands.LedgerMismatch, match=r"1 SKUs .* AA"):
        commands.check_ledger()
    with pytest.raises(StockNotMoved):
        mend(note="  ")
    mend()
    assert (all_units_of("AA"), discrepancies()) == ((10, 2, 3), [])
    repair = StockRepair.objects.get()
    assert (repair.sku, repair.note, repair.actor) == ("AA", "Written by hand", "ann@souk.test")
    deliver("order.dispatched.v1", {"order_id": sold})
    deliver("stock.release.v1", {"order_id": held})
    assert (all_units_of("AA"), discrepancies()) == ((7, 0, 0), [])


def test_the_whole_ledger_gone_leaves_what_orders_hold_until_somebody_counts():
    StockMovement.objects.filter(sku="AA").delete()
    mend()
    assert (all_units_of("AA"), discrepancies()) == ((5, 2, 3), [])
    commands.count_stock(units={"AA": 10}, note="Counted", actor="ann", now=timezone.now())
    assert (all_units_of("AA"), discrepancies()) == ((10, 2, 3), [])


def test_agreeing_stock_is_not_repaired():
    for sku in ("AA", "NOPE"):
        with pytest.raises(StockAgrees):
            mend(sku=sku)
    assert not StockRepair.objects.exists()


def test_the_command_line_mends_with_a_note(capsys):
    StockItem.objects.filter(sku="AA").update(reserved=0)
    with pytest.raises(CommandError):
        call_command("check_stock")
    with pytest.raises(CommandError):
        call_command("check_stock", mend="AA")
    call_command("check_stock", mend="AA", note="Restored from a backup", actor="ann")
    assert "agree" in capsys.readouterr().out


def test_staff_mend_in_the_admin_when_they_may(staff):
    StockItem.objects.filter(sku="AA").update(reserved=0)
    url = reverse("admin:products_stockitem_mend", args=[Variant.objects.get(sku="AA").id])
    asked = {"_form_submitted": "on", "note": "Written by hand"}
    call_command("migrate", verbosity=0)
    assert staff(superuser=False, groups=["catalog"]).post(url, asked).status_code in {302, 403}
    assert all_units_of("AA") == (10, 0, 3)
    staff(superuser=False, groups=["operations"]).post(url, asked)
    assert all_units_of("AA") == (10, 2, 3)


def test_staff_say_that_a_parcel_has_left_when_no_message_comes(staff):
    ids = [str(one) for one in Reservation.objects.values_list("id", flat=True)]
    staff().post(
        reverse("admin:products_reservation_changelist"), {"action": "parcel_has_left", "_selected_action": ids}
    )
    assert (all_units_of("AA"), discrepancies()) == ((7, 2, 0), [])


@pytest.mark.parametrize("drift", DRIFTS[:4])
@pytest.mark.parametrize("checks", [0, 1, 2])
def test_the_hourly_check_finds_a_drift_without_reading_what_it_has_read(drift, checks):
    later = timezone.now()
    for _ in range(checks):
        later += timedelta(hours=2)
        commands.check_recent_ledger(now=later)
    drift()
    with pytest.raises(commands.LedgerMismatch, match="AA"):
        commands.check_recent_ledger(now=later + timedelta(hours=1))
    mend()
    commands.check_recent_ledger(now=later + timedelta(hours=3))


def test_the_hourly_check_reads_only_what_has_moved_since():
    now = timezone.now()
    commands.check_recent_ledger(now=now + timedelta(hours=2))
    with CaptureQueriesContext(connection) as captured:
        commands.check_recent_ledger(now=now + timedelta(hours=3))
    sums = [one["sql"] for one in captured.captured_queries if "SUM" in one["sql"]]
    assert sums
    assert all('"created_at" > ' in sql for sql in sums)


def test_a_movement_that_is_committed_late_is_no_drift():
    now = timezone.now()
    commands.check_recent_ledger(now=now + timedelta(hours=2))
    commands.adjust_stock(units={"AA": 4}, note="Late", actor="ann", now=now - timedelta(hours=5))
    for hours in (3, 4):
        commands.check_recent_ledger(now=now + timedelta(hours=hours))
