"""Many concurrent buyers on a real database file."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from tests.factories import a_product, a_variant, stock_of

from products import commands
from products.models import Product, Reservation, StockMovement
from products.repository.stock import discrepancies

BUYERS, UNITS = 40, 10


def at_once(work, times):
    def run(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.django_db(transaction=True)
def test_forty_buyers_of_ten_units_get_exactly_ten():
    product = a_product("rare", units=UNITS, variants=[a_variant("RARE")])

    def buy(_):
        held = commands.reserve_stock(order_id=uuid4(), lines=[("RARE", 1)], hold_seconds=60, now=timezone.now())
        return held.status

    answers = at_once(buy, BUYERS)
    assert answers.count("reserved") == UNITS
    assert answers.count("rejected") == BUYERS - UNITS
    assert stock_of("RARE") == (UNITS, UNITS)
    assert Reservation.objects.filter(status="reserved").count() == UNITS
    assert StockMovement.objects.filter(sku="RARE", target="reserved").count() == UNITS
    assert discrepancies() == []
    assert not Product.objects.get(id=product.id).in_stock


@pytest.mark.django_db(transaction=True)
def test_orders_over_the_same_skus_in_any_order_hold_all_or_nothing():
    a_product("pair", units=UNITS, variants=[a_variant("AA"), a_variant("BB")])

    def buy(number):
        lines = [("AA", 1), ("BB", 1)] if number % 2 else [("BB", 1), ("AA", 1)]
        held = commands.reserve_stock(order_id=uuid4(), lines=lines, hold_seconds=60, now=timezone.now())
        return held.status

    answers = at_once(buy, 24)
    assert answers.count("reserved") == UNITS
    assert (stock_of("AA"), stock_of("BB")) == ((UNITS, UNITS), (UNITS, UNITS))
    assert discrepancies() == []


@pytest.mark.django_db(transaction=True)
def test_one_order_asked_for_many_times_at_once_holds_once():
    a_product("once", units=UNITS, variants=[a_variant("ONCE")])
    order_id = uuid4()

    def ask(_):
        held = commands.reserve_stock(order_id=order_id, lines=[("ONCE", 2)], hold_seconds=60, now=timezone.now())
        return held.status

    assert set(at_once(ask, 8)) == {"reserved"}
    assert stock_of("ONCE") == (UNITS, 2)


@pytest.mark.django_db(transaction=True)
def test_allocate_release_and_expiry_at_once_move_the_units_once():
    a_product("race", units=UNITS, variants=[a_variant("RACE")])
    order_id, now = uuid4(), timezone.now()
    commands.reserve_stock(order_id=order_id, lines=[("RACE", 4)], hold_seconds=1, now=now)
    later = now + timezone.timedelta(minutes=1)
    work = [
        lambda: commands.allocate_stock(order_id=order_id, now=later),
        lambda: commands.release_stock(order_id=order_id, now=later),
        lambda: commands.expire_reservations(now=later),
    ]
    at_once(lambda number: work[number % 3](), 9)
    assert Reservation.objects.get().status == "released"
    assert stock_of("RACE") == (UNITS, 0)
    assert discrepancies() == []
