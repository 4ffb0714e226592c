from datetime import timedelta
from uuid import uuid4

import pytest
from tests.factories import NOON

from chassis.core.states import IllegalTransition
from products.domain.ledger import Account
from products.domain.reservation import (
    TRANSITIONS,
    LinesNotReservable,
    Reservation,
    ReservationStatus,
    ReservedLine,
    ReturnTooLarge,
    hold_until,
    merged,
    new_reservation,
)
from products.events_out import StockAllocated, StockRejected, StockReleased, StockReserved

UNTIL = NOON + timedelta(minutes=10)
Status = ReservationStatus


def a_reservation(status: Status = Status.RESERVED, lines=(ReservedLine("A", 2), ReservedLine("B", 1))) -> Reservation:
    return Reservation(order_id=uuid4(), status=status, lines=lines, reserved_until=UNTIL)


def test_all_lines_are_held_or_none():
    change = new_reservation(uuid4(), [("A", 2), ("B", 3)], free={"A": 5, "B": 2}, until=UNTIL)
    assert change.reservation.status is Status.REJECTED
    assert change.moves == ()


def test_a_rejection_names_each_short_line_and_what_there_is():
    answer = new_reservation(
        uuid4(), [("A", 2), ("B", 3), ("C", 1)], free={"A": 5, "B": 2}, until=UNTIL
    ).reservation.reply()
    assert isinstance(answer, StockRejected)
    assert [(one.sku, one.requested, one.available) for one in answer.lines] == [("B", 3, 2), ("C", 1, 0)]


def test_lines_of_one_sku_are_added_up_before_the_stock_is_looked_at():
    change = new_reservation(uuid4(), [("A", 2), ("A", 2)], free={"A": 3}, until=UNTIL)
    assert change.reservation.status is Status.REJECTED


def test_units_are_taken_in_sku_order():
    assert list(merged([("B", 1), ("A", 1), ("C", 1)])) == ["A", "B", "C"]


@pytest.mark.parametrize("lines", [[], [("A", 0)], [("A", -1)], [("A", 10**9)]])
def test_lines_that_make_no_sense_are_refused(lines):
    with pytest.raises(LinesNotReservable):
        merged(lines)


@pytest.mark.parametrize("seconds", [0, -5, 10**12])
def test_a_hold_that_makes_no_sense_is_refused(seconds):
    with pytest.raises(LinesNotReservable):
        hold_until(NOON, seconds)


def test_allocated_units_leave_the_reserved_ones_and_stay_on_the_shelf():
    moves = a_reservation().allocated(free={}).moves
    assert {(one.sku, *one.change) for one in moves} == {("A", 0, -2, 2), ("B", 0, -1, 1)}


def test_dispatched_units_leave_the_shelf():
    moves = a_reservation(Status.ALLOCATED).dispatched().moves
    assert {(one.sku, *one.change) for one in moves} == {("A", -2, 0, -2), ("B", -1, 0, -1)}


@pytest.mark.parametrize(
    ("status", "source"),
    [
        (Status.RESERVED, Account.RESERVED),
        (Status.EXPIRED, Account.AVAILABLE),
        (Status.RELEASED, Account.AVAILABLE),
    ],
)
def test_a_parcel_that_left_before_we_heard_of_it_takes_the_units_from_where_they_are(status, source):
    change = a_reservation(status).dispatched()
    assert change.reservation.status is Status.DISPATCHED
    assert {(one.source, one.target) for one in change.moves} == {(source, Account.SOLD)}


def test_a_late_payment_takes_free_units_when_there_are_enough():
    change = a_reservation(Status.EXPIRED).allocated(free={"A": 2, "B": 1})
    assert change.reservation.status is Status.ALLOCATED
    assert {(one.source, one.target) for one in change.moves} == {(Account.AVAILABLE, Account.ALLOCATED)}


def test_a_late_payment_is_rejected_when_the_units_are_gone():
    change = a_reservation(Status.EXPIRED).allocated(free={"A": 1, "B": 1})
    assert isinstance(change.reservation.reply(), StockRejected)
    assert change.moves == ()


def test_release_of_an_allocation_frees_the_units():
    (move,) = a_reservation(Status.ALLOCATED, (ReservedLine("A", 3),)).released().moves
    assert (move.quantity, move.source, move.target) == (3, Account.ALLOCATED, Account.AVAILABLE)


def test_release_brings_nothing_back_that_has_left_in_a_parcel():
    dispatched = a_reservation(Status.DISPATCHED)
    assert (dispatched.released().reservation, dispatched.released().moves) == (dispatched, ())


def test_units_that_come_back_tell_that_the_parcel_had_left():
    change = a_reservation(Status.ALLOCATED).restocked([("A", 1)])
    assert change.reservation.status is Status.DISPATCHED
    assert [(one.sku, one.quantity, one.source, one.target) for one in change.moves] == [
        ("A", 2, Account.ALLOCATED, Account.SOLD),
        ("B", 1, Account.ALLOCATED, Account.SOLD),
        ("A", 1, Account.SOLD, Account.AVAILABLE),
    ]


def test_no_more_can_come_back_than_was_sold():
    order = a_reservation(Status.DISPATCHED)
    once = order.restocked([("A", 2)]).reservation
    with pytest.raises(ReturnTooLarge):
        once.restocked([("A", 1)])
    with pytest.raises(ReturnTooLarge):
        order.restocked([("X", 1)])
    with pytest.raises(ReturnTooLarge):
        a_reservation(Status.RESERVED).restocked([("A", 1)])


def test_the_reply_to_reserve_stays_reserved_after_the_allocation():
    allocated = a_reservation(Status.ALLOCATED)
    assert isinstance(allocated.reply_to_reserve(), StockReserved)
    assert isinstance(allocated.reply(), StockAllocated)
    assert isinstance(a_reservation(Status.RELEASED).reply_to_reserve(), StockReleased)


def test_a_transition_outside_the_table_is_illegal():
    for status in Status:
        for target in set(Status) - TRANSITIONS[status]:
            with pytest.raises(IllegalTransition):
                a_reservation(status)._moved(target)
