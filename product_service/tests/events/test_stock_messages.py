from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.factories import a_product, a_variant, all_units_of, reserve, stock_of

from chassis.inbox.receiver import Outcome
from products import commands
from products.domain.ledger import StockTooLow
from products.models import Product, Reservation, StockMovement
from products.repository.stock import discrepancies

pytestmark = pytest.mark.django_db


@pytest.fixture
def order_id():
    return uuid4()


@pytest.fixture(autouse=True)
def ten_of_a_and_one_of_b(outbox):
    a_product("thing", units=1, variants=[a_variant("AA"), a_variant("BB")])
    commands.adjust_stock(units={"AA": 9}, note="Delivered", actor="test", now=timezone.now())
    outbox.clear()
    yield
    assert discrepancies() == []


def expire_all() -> int:
    return commands.expire_reservations(now=timezone.now() + timedelta(days=1))


def test_reserve_holds_all_lines(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), ("BB", 1), order_id=order_id))
    assert outbox.one("stock.reserved.v1")["order_id"] == str(order_id)
    assert (stock_of("AA"), stock_of("BB")) == ((10, 3), (1, 1))


def test_reserve_holds_nothing_when_one_line_is_short(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), ("BB", 2), order_id=order_id))
    assert outbox.one("stock.rejected.v1")["lines"] == [{"sku": "BB", "requested": 2, "available": 1}]
    assert (stock_of("AA"), stock_of("BB")) == ((10, 0), (1, 0))


def test_a_sku_that_nobody_knows_is_short(deliver, outbox):
    deliver("stock.reserve.v1", reserve(("NOPE", 1)))
    assert outbox.one("stock.rejected.v1")["lines"][0]["available"] == 0


def test_the_same_message_twice_counts_once(deliver, outbox, order_id):
    outcomes = deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id), times=2)
    assert outcomes == [Outcome.DONE, Outcome.DUPLICATE]
    assert stock_of("AA") == (10, 3)
    assert len(outbox.types()) == 1


def test_a_repeated_question_gets_the_same_answer_and_moves_nothing(deliver, outbox, order_id):
    question = reserve(("AA", 3), order_id=order_id)
    deliver("stock.reserve.v1", question)
    deliver("stock.reserve.v1", question)
    first, second = outbox.data("stock.reserved.v1")
    assert first == second
    assert stock_of("AA") == (10, 3)


def test_a_repeated_rejection_stays_one_even_when_stock_has_come_since(deliver, outbox, order_id):
    question = reserve(("BB", 2), order_id=order_id)
    deliver("stock.reserve.v1", question)
    commands.adjust_stock(units={"BB": 5}, note="Delivered", actor="test", now=timezone.now())
    deliver("stock.reserve.v1", question)
    first, second = outbox.data("stock.rejected.v1")
    assert first == second
    assert stock_of("BB") == (6, 0)


def test_allocate_commits_the_units_once_and_leaves_them_on_the_shelf(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    deliver("stock.allocate.v1", {"order_id": order_id})
    assert len(outbox.data("stock.allocated.v1")) == 2
    assert all_units_of("AA") == (10, 0, 3)


PARCEL = ["order.dispatched.v1", "order.delivered.v1"]


@pytest.mark.parametrize("messages", [PARCEL, PARCEL[:1], PARCEL[1:], PARCEL[::-1], PARCEL * 2])
def test_the_units_leave_the_shelf_once_when_the_parcel_leaves(deliver, outbox, order_id, messages):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    for message in messages:
        assert deliver(message, {"order_id": order_id, "carrier": "x"}, times=2)[0] is Outcome.DONE
    assert all_units_of("AA") == (7, 0, 0)
    deliver("stock.allocate.v1", {"order_id": order_id})
    assert len(outbox.data("stock.allocated.v1")) == 2
    assert all_units_of("AA") == (7, 0, 0)


def test_a_stocktake_between_payment_and_dispatch_sells_no_unit_twice(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    commands.count_stock(units={"AA": 10}, note="Counted", actor="test", now=timezone.now())
    assert all_units_of("AA") == (10, 0, 3)
    deliver("stock.reserve.v1", reserve(("AA", 8)))
    assert outbox.one("stock.rejected.v1")["lines"][0]["available"] == 7
    deliver("order.dispatched.v1", {"order_id": order_id})
    commands.count_stock(units={"AA": 7}, note="Counted", actor="test", now=timezone.now())
    assert all_units_of("AA") == (7, 0, 0)


def test_fewer_than_are_promised_cannot_be_counted(deliver, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    with pytest.raises(StockTooLow):
        commands.count_stock(units={"AA": 2}, note="Counted", actor="test", now=timezone.now())
    assert all_units_of("AA") == (10, 0, 3)


def test_a_parcel_of_an_order_that_nobody_knows_is_tried_again(deliver, order_id):
    assert deliver("order.dispatched.v1", {"order_id": order_id}) == [Outcome.FAILED]
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    assert deliver("order.dispatched.v1", {"order_id": order_id}) == [Outcome.DONE]
    assert all_units_of("AA") == (7, 0, 0)


@pytest.mark.parametrize("dispatched_first", [True, False])
def test_a_release_and_a_dispatch_end_the_same_in_either_order(deliver, outbox, order_id, dispatched_first):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    both = ["order.dispatched.v1", "stock.release.v1"]
    for message in both if dispatched_first else both[::-1]:
        deliver(message, {"order_id": order_id})
    assert outbox.one("stock.released.v1")
    assert all_units_of("AA") == (7, 0, 0)


def test_a_parcel_that_comes_back_is_restocked_by_its_own_id(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    deliver("order.dispatched.v1", {"order_id": order_id})
    back = {"order_id": order_id, "return_id": uuid4(), "lines": [{"sku": "AA", "quantity": 3}]}
    deliver("stock.restock.v1", back)
    deliver("stock.restock.v1", back)
    deliver("order.delivered.v1", {"order_id": order_id})
    assert all_units_of("AA") == (10, 0, 0)


def test_allocate_that_overtakes_reserve_is_tried_again(deliver, outbox, order_id):
    assert deliver("stock.allocate.v1", {"order_id": order_id}) == [Outcome.FAILED]
    assert outbox.types() == []
    message = uuid4()
    deliver("stock.reserve.v1", reserve(("AA", 1), order_id=order_id))
    assert deliver("stock.allocate.v1", {"order_id": order_id}, id=message) == [Outcome.DONE]


def test_a_hold_that_has_run_out_is_free_again(deliver, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    assert commands.expire_reservations(now=timezone.now()) == 0
    assert (expire_all(), expire_all()) == (1, 0)
    assert stock_of("AA") == (10, 0)
    assert Reservation.objects.get().status == "expired"


def test_allocate_after_expiry_takes_free_units(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    expire_all()
    deliver("stock.allocate.v1", {"order_id": order_id})
    assert outbox.one("stock.allocated.v1")
    assert all_units_of("AA") == (10, 0, 3)


def test_allocate_after_expiry_is_rejected_when_the_units_are_gone(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("BB", 1), order_id=order_id))
    expire_all()
    deliver("stock.reserve.v1", reserve(("BB", 1)))
    deliver("stock.allocate.v1", {"order_id": order_id})
    assert outbox.one("stock.rejected.v1")["order_id"] == str(order_id)
    assert stock_of("BB") == (1, 1)


def test_a_hold_that_ran_out_is_taken_anew_when_asked_again(deliver, outbox, order_id):
    question = reserve(("AA", 3), order_id=order_id)
    deliver("stock.reserve.v1", question)
    expire_all()
    deliver("stock.reserve.v1", question)
    assert len(outbox.data("stock.reserved.v1")) == 2
    assert stock_of("AA") == (10, 3)


def test_release_gives_back_what_is_held(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.release.v1", {"order_id": order_id})
    deliver("stock.release.v1", {"order_id": order_id})
    assert len(outbox.data("stock.released.v1")) == 2
    assert stock_of("AA") == (10, 0)


def test_release_of_an_allocation_restocks(deliver, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    deliver("stock.release.v1", {"order_id": order_id})
    assert stock_of("AA") == (10, 0)


def test_release_before_reserve_is_remembered(deliver, outbox, order_id):
    deliver("stock.release.v1", {"order_id": order_id})
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    assert outbox.types() == ["stock.released.v1"] * 3
    assert stock_of("AA") == (10, 0)


def test_release_after_expiry_or_rejection_moves_nothing(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 1), order_id=order_id))
    expire_all()
    deliver("stock.release.v1", {"order_id": order_id})
    rejected = uuid4()
    deliver("stock.reserve.v1", reserve(("BB", 9), order_id=rejected))
    deliver("stock.release.v1", {"order_id": rejected})
    assert len(outbox.data("stock.released.v1")) == 2
    assert (stock_of("AA"), stock_of("BB")) == ((10, 0), (1, 0))


def test_a_return_is_restocked_once(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    comes_back = {"order_id": order_id, "return_id": uuid4(), "lines": [{"sku": "AA", "quantity": 2}]}
    deliver("stock.restock.v1", comes_back)
    deliver("stock.restock.v1", comes_back)
    assert len(outbox.data("stock.restocked.v1")) == 2
    assert all_units_of("AA") == (9, 0, 0)


def test_more_than_was_sold_does_not_come_back(deliver, outbox, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    too_many = {"order_id": order_id, "return_id": uuid4(), "lines": [{"sku": "AA", "quantity": 4}]}
    assert deliver("stock.restock.v1", too_many) == [Outcome.FAILED]
    assert outbox.data("stock.restocked.v1") == []
    assert all_units_of("AA") == (10, 0, 3)


def test_unknown_fields_are_ignored(deliver, outbox, order_id):
    deliver("stock.reserve.v1", {**reserve(("AA", 1), order_id=order_id), "new_in_v1": {"x": 1}})
    assert outbox.types() == ["stock.reserved.v1"]


def test_a_message_that_makes_no_sense_moves_nothing_and_is_kept(deliver, outbox):
    assert deliver("stock.reserve.v1", reserve(("AA", 0))) == [Outcome.FAILED]
    assert deliver("stock.reserve.v1", {"order_id": uuid4(), "lines": "all"}) == [Outcome.FAILED]
    assert outbox.types() == []
    assert stock_of("AA") == (10, 0)


def test_the_last_unit_shows_at_once_and_so_does_its_return(deliver, order_id):
    product = a_product("single", units=1, variants=[a_variant("ONE")])
    assert Product.objects.get(id=product.id).in_stock
    deliver("stock.reserve.v1", reserve(("ONE", 1), order_id=order_id))
    sold_out = Product.objects.get(id=product.id)
    assert (sold_out.in_stock, '"in_stock":false' in sold_out.card) == (False, True)
    deliver("stock.release.v1", {"order_id": order_id})
    assert Product.objects.get(id=product.id).in_stock


def test_each_movement_names_its_order(deliver, order_id):
    deliver("stock.reserve.v1", reserve(("AA", 3), order_id=order_id))
    deliver("stock.allocate.v1", {"order_id": order_id})
    deliver("order.dispatched.v1", {"order_id": order_id})
    moves = StockMovement.objects.filter(order_id=order_id).order_by("created_at", "id")
    assert [(one.source, one.target, one.quantity) for one in moves] == [
        ("available", "reserved", 3),
        ("reserved", "allocated", 3),
        ("allocated", "sold", 3),
    ]
