"""Stock commands that wait together are one transaction, and end as they do one by one."""

from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from tests.factories import a_product, a_variant, all_units_of, reserve

from chassis.inbox.models import FailedMessage
from products import commands
from products.models import Product, Reservation, StockMovement
from products.repository.stock import discrepancies
from testkit.project import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ten_of_a_and_one_of_b(outbox):
    a_product("thing", units=1, variants=[a_variant("AA"), a_variant("BB")])
    commands.adjust_stock(units={"AA": 9}, note="Delivered", actor="test", now=timezone.now())
    outbox.clear()
    yield
    assert discrepancies() == []


def wanted(*lines):
    order_id = str(uuid4())
    return order_id, ("stock.reserve.v1", reserve(*lines, order_id=order_id))


def test_orders_of_one_sku_share_what_there_is_and_no_unit_is_sold_twice(deliver_together, outbox):
    questions = [wanted(("AA", 3))[1] for _ in range(5)]
    deliver_together(*questions, questions[0])
    assert all_units_of("AA") == (10, 9, 0)
    assert [len(outbox.data(f"stock.{reply}.v1")) for reply in ("reserved", "rejected")] == [4, 2]
    assert outbox.data("stock.rejected.v1")[0]["lines"][0]["available"] == 1


def test_the_whole_life_of_an_order_in_one_batch(deliver_together, outbox):
    order_id, question = wanted(("AA", 2), ("BB", 1))
    about = {"order_id": order_id}
    returned = {**about, "return_id": str(uuid4()), "lines": [{"sku": "BB", "quantity": 1}]}
    deliver_together(
        question, ("stock.allocate.v1", about), ("order.dispatched.v1", about), ("stock.restock.v1", returned)
    )
    assert (all_units_of("AA"), all_units_of("BB")) == ((8, 0, 0), (1, 0, 0))
    reservation = Reservation.objects.get()
    lines = dict(reservation.lines.values_list("sku", "restocked"))
    assert (reservation.status, lines) == ("dispatched", {"AA": 0, "BB": 1})
    assert outbox.types() == ["stock.reserved.v1", "stock.allocated.v1", "stock.restocked.v1"]
    assert StockMovement.objects.filter(order_id=order_id).count() == 7


def test_a_product_that_sells_out_in_a_batch_is_shown_so(deliver_together):
    deliver_together(wanted(("AA", 10))[1], wanted(("BB", 1))[1])
    assert not Product.objects.get().in_stock


def test_a_command_that_fails_leaves_its_neighbors_done(deliver_together, outbox):
    first, second = wanted(("AA", 3))[1], wanted(("AA", 3))[1]
    deliver_together(first, ("stock.allocate.v1", {"order_id": str(uuid4())}), second)
    assert all_units_of("AA") == (10, 6, 0)
    assert outbox.types() == ["stock.reserved.v1", "stock.reserved.v1"]
    assert "ReservationUnknown" in FailedMessage.objects.get().error


def test_a_release_that_comes_with_its_reservation_holds_nothing(deliver_together, outbox):
    order_id, question = wanted(("AA", 3))
    deliver_together(("stock.release.v1", {"order_id": order_id}), question)
    assert all_units_of("AA") == (10, 0, 0)
    assert outbox.types() == ["stock.released.v1", "stock.released.v1"]


def test_more_orders_cost_no_more_statements_but_their_own_row(deliver_together):
    commands.adjust_stock(units={"AA": 200}, note="Delivered", actor="test", now=timezone.now())
    few, many = [wanted(("AA", 1)) for _ in range(2)], [wanted(("AA", 1)) for _ in range(30)]
    more = queries_of(connection, lambda: deliver_together(*(question for _, question in many)))
    fewer = queries_of(connection, lambda: deliver_together(*(question for _, question in few)))
    assert more - fewer == 28
    allocate = [[("stock.allocate.v1", {"order_id": order_id}) for order_id, _ in orders] for orders in (few, many)]
    fewer, more = (queries_of(connection, lambda batch=batch: deliver_together(*batch)) for batch in allocate)
    assert more - fewer == 28
