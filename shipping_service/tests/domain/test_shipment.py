"""The transitions of a shipment."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chassis.core.messages import message_type
from chassis.core.states import IllegalTransition
from shipping.domain.shipment import FINAL, LEFT_US, TRANSITIONS, LabelNotRecorded, ShipmentNotRetriable
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.domain.tracking import TrackingStatus
from tests.factories import NOON, a_shipment, an_event

S, T = ShipmentStatus, TrackingStatus
JOURNEY = (T.LABEL_CREATED, T.PICKED_UP, T.IN_TRANSIT, T.IN_TRANSIT, T.OUT_FOR_DELIVERY, T.DELIVERED)


def types(messages):
    return [message_type(message).name for message in messages]


def bought(shipment):
    return shipment.label_bought(number="SP1", url="http://courier.test/SP1", label_url="")


def follow(shipment, events):
    told = []
    for event in events:
        shipment, messages = shipment.advance(event)
        told += messages
    return shipment, types(told)


def test_every_state_has_its_transitions():
    assert set(TRANSITIONS) == set(ShipmentStatus)


def test_a_bought_label_is_told():
    shipment, messages = bought(a_shipment(S.REQUESTED))
    assert shipment.status is S.CREATED
    assert types(messages) == ["shipment.created.v1"]
    assert messages[0].tracking_number == "SP1"


def test_a_label_that_is_bought_while_canceling_is_not_told_but_known():
    shipment, messages = bought(a_shipment(S.CANCELING, tracking_number=""))
    assert (shipment.status, shipment.tracking_number, messages) == (S.CANCELING, "SP1", [])


def test_a_second_answer_about_a_label_changes_nothing():
    shipment = a_shipment(S.DISPATCHED, tracking_number="FIRST")
    assert bought(shipment) == (shipment, [])


def test_a_refused_label_fails_the_shipment_and_says_why():
    shipment, (message,) = a_shipment(S.REQUESTED).label_refused(code="address_unknown", message="No such street.")
    assert shipment.status is S.FAILED
    assert (message.code, message.message) == ("address_unknown", "No such street.")


def test_a_label_refused_while_canceling_is_what_was_wanted():
    shipment, messages = a_shipment(S.CANCELING, tracking_number="").label_refused(code="x", message="y")
    assert shipment.status is S.CANCELED
    assert types(messages) == ["shipment.canceled.v1"]


def test_news_in_order_tell_each_step_once():
    shipment, told = follow(a_shipment(), [an_event(status, minutes=n) for n, status in enumerate(JOURNEY)])
    assert shipment.status is S.DELIVERED
    assert told == [
        "shipment.dispatched.v1",
        "shipment.progressed.v1",
        "shipment.progressed.v1",
        "shipment.progressed.v1",
        "shipment.delivered.v1",
    ]


def test_news_in_reverse_order_end_in_the_same_state_and_tell_dispatch_and_delivery():
    events = [an_event(status, minutes=n) for n, status in enumerate(JOURNEY)]
    shipment, told = follow(a_shipment(), reversed(events))
    assert shipment.status is S.DELIVERED
    assert told == ["shipment.dispatched.v1", "shipment.delivered.v1"]


def test_late_news_never_move_a_parcel_back():
    moved, _ = follow(a_shipment(), [an_event(T.OUT_FOR_DELIVERY, minutes=9)])
    again, told = follow(moved, [an_event(T.PICKED_UP, minutes=1), an_event(T.IN_TRANSIT, minutes=2)])
    assert again.status is S.OUT_FOR_DELIVERY
    assert told == []


def test_another_hub_is_progress_only_when_it_is_later():
    moved, _ = follow(a_shipment(), [an_event(T.IN_TRANSIT, minutes=5)])
    assert follow(moved, [an_event(T.IN_TRANSIT, minutes=6)])[1] == ["shipment.progressed.v1"]
    assert follow(moved, [an_event(T.IN_TRANSIT, minutes=4)])[1] == []


def test_a_failed_attempt_is_told_and_moves_nothing():
    moved, _ = follow(a_shipment(), [an_event(T.OUT_FOR_DELIVERY)])
    same, told = follow(moved, [an_event(T.EXCEPTION, minutes=1)])
    assert (same.status, told) == (S.OUT_FOR_DELIVERY, ["shipment.progressed.v1"])


def test_a_parcel_for_nobody_comes_back():
    moved, _ = follow(a_shipment(), [an_event(T.OUT_FOR_DELIVERY)])
    back, told = follow(moved, [an_event(T.RETURNED, minutes=1)])
    assert (back.status, told) == (S.RETURNED, ["shipment.progressed.v1", "shipment.returned.v1"])


@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_ended_shipment_no_longer_changes(status):
    shipment = a_shipment(status)
    assert follow(shipment, [an_event(T.DELIVERED), an_event(T.IN_TRANSIT)]) == (shipment, [])


def test_news_of_a_parcel_whose_label_is_not_recorded_must_wait():
    with pytest.raises(LabelNotRecorded):
        a_shipment(S.REQUESTED).advance(an_event(T.PICKED_UP))


def test_a_wish_that_never_left_is_canceled_at_once():
    shipment, messages = a_shipment(S.REQUESTED).cancel(asked_carrier=False)
    assert shipment.status is S.CANCELED
    assert types(messages) == ["shipment.canceled.v1"]


@pytest.mark.parametrize("status", [S.REQUESTED, S.CREATED])
def test_a_label_that_may_exist_is_canceled_at_the_carrier(status):
    shipment, messages = a_shipment(status).cancel(asked_carrier=True)
    assert (shipment.status, messages) == (S.CANCELING, [])
    canceled, told = shipment.cancel_confirmed()
    assert canceled.status is S.CANCELED
    assert types(told) == ["shipment.canceled.v1"]


@pytest.mark.parametrize("status", sorted(LEFT_US))
def test_a_dispatched_parcel_cannot_be_canceled(status):
    shipment = a_shipment(status)
    same, messages = shipment.cancel(asked_carrier=True)
    assert same == shipment
    assert types(messages) == ["shipment.cancel_refused.v1"]


def test_the_carriers_refusal_is_the_answer_from_then_on():
    kept, messages = a_shipment(S.CANCELING).cancel_refused(reason="Too late.")
    assert kept.status is S.CREATED
    assert types(messages) == ["shipment.cancel_refused.v1"]
    again, repeated = kept.cancel(asked_carrier=True)
    assert again == kept
    assert repeated == messages


def test_a_parcel_picked_up_while_canceling_goes_on_and_refuses_the_cancel():
    shipment, told = follow(a_shipment(S.CANCELING), [an_event(T.PICKED_UP)])
    assert shipment.status is S.DISPATCHED
    assert told == ["shipment.cancel_refused.v1", "shipment.dispatched.v1"]
    assert shipment.cancel_confirmed() == (shipment, [])
    assert shipment.cancel_refused(reason="x") == (shipment, [])


def test_a_repeated_question_gets_all_that_was_answered():
    shipment = a_shipment(S.DELIVERED, dispatched_at=NOON, delivered_at=NOON)
    assert types(shipment.answers()) == ["shipment.created.v1", "shipment.dispatched.v1", "shipment.delivered.v1"]
    assert types(a_shipment(S.FAILED).answers()) == ["shipment.failed.v1"]
    assert types(a_shipment(S.CANCELED).answers()) == ["shipment.canceled.v1"]
    assert a_shipment(S.REQUESTED).answers() == []


def test_a_return_tells_of_its_label_and_of_its_arrival_only():
    back = a_shipment(S.REQUESTED, direction=Direction.RETURN, return_id=uuid4())
    created, messages = back.label_bought(number="SP1", url="u", label_url="http://shop.test/label")
    assert types(messages) == ["return_shipment.created.v1"]
    assert messages[0].label_url == "http://shop.test/label"
    _, told = follow(created, [an_event(status, minutes=n) for n, status in enumerate(JOURNEY)])
    assert told == ["return_shipment.received.v1"]


def test_only_a_failed_shipment_can_be_tried_again():
    again = a_shipment(S.FAILED, failure_code="x", failure_message="y").try_again()
    assert (again.status, again.failure_code) == (S.REQUESTED, "")
    with pytest.raises(ShipmentNotRetriable):
        a_shipment(S.CREATED).try_again()


def test_a_transition_outside_the_table_is_illegal():
    with pytest.raises(IllegalTransition):
        a_shipment(S.DELIVERED)._to(S.CREATED)
