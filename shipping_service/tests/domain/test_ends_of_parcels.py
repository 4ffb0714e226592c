"""A parcel that does not arrive is announced at once, with reason and time."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chassis.core.messages import message_type
from shipping.domain.shipment import ENDED, TRANSITIONS
from shipping.domain.shipment_data import Direction, ShipmentStatus
from shipping.domain.tracking import TrackingStatus
from tests.factories import a_shipment, an_event

S, T = ShipmentStatus, TrackingStatus


def types(messages):
    return [message_type(message).name for message in messages]


@pytest.mark.parametrize("state", [S.CREATED, S.CANCELING, S.DISPATCHED, S.IN_TRANSIT, S.OUT_FOR_DELIVERY])
@pytest.mark.parametrize(("told", "reason"), [(T.LOST, "lost"), (T.DAMAGED, "damaged")])
def test_a_lost_or_damaged_parcel_is_told_with_which_of_the_two(state, told, reason):
    event = an_event(told)
    lost, messages = a_shipment(state, attempt=2).advance(event)
    assert (lost.status, lost.end_reason, lost.ended_at) == (S.LOST, reason, event.occurred_at)
    assert (messages[-1].reason, messages[-1].attempt) == (reason, 2)
    assert types(messages)[-1] == "shipment.lost.v1"
    assert "shipment.dispatched.v1" in types(messages)
    assert types(lost.answers())[-1] == "shipment.lost.v1"


@pytest.mark.parametrize(("found", "then"), [(T.DELIVERED, S.DELIVERED), (T.RETURNED, S.RETURNED)])
def test_a_lost_parcel_may_be_found(found, then):
    lost, _ = a_shipment(S.IN_TRANSIT).advance(an_event(T.LOST))
    again, messages = lost.advance(an_event(found, minutes=1))
    assert again.status is then
    assert types(messages)[-1] == f"shipment.{then}.v1"


def test_a_parcel_that_came_back_is_told_with_the_carriers_words():
    back, messages = a_shipment(S.OUT_FOR_DELIVERY).advance(an_event(T.RETURNED, description="Nobody was there."))
    assert types(messages)[-2:] == ["shipment.progressed.v1", "shipment.returned.v1"]
    assert messages[-1].reason == "Nobody was there."
    assert back.answers()[-1] == messages[-1]


def test_a_carrier_that_cancels_without_being_asked_is_told_as_such():
    canceled, (message,) = a_shipment(S.CREATED).advance(an_event(T.CANCELED))
    assert (canceled.status, message.by) == (S.CANCELED, "carrier")
    assert canceled.answers() == [message]


def test_a_cancellation_that_the_carrier_tells_before_it_answers_is_the_shops():
    canceled, (message,) = a_shipment(S.CANCELING).advance(an_event(T.CANCELED))
    assert (canceled.status, message.by) == (S.CANCELED, "shop")
    assert canceled.cancel_confirmed() == (canceled, [])


def test_a_carrier_that_cancels_what_it_has_picked_up_only_fills_the_timeline():
    shipment, messages = a_shipment(S.IN_TRANSIT).advance(an_event(T.CANCELED))
    assert (shipment.status, types(messages)) == (S.IN_TRANSIT, ["shipment.progressed.v1"])


@pytest.mark.parametrize(
    ("told", "code"), [(T.LOST, "lost"), (T.DAMAGED, "damaged"), (T.RETURNED, "returned"), (T.CANCELED, "canceled")]
)
def test_a_return_that_will_not_arrive_is_told(told, code):
    state = S.CREATED if told is T.CANCELED else S.IN_TRANSIT
    back = a_shipment(state, direction=Direction.RETURN, return_id=uuid4(), attempt=3)
    _, messages = back.advance(an_event(told))
    assert types(messages) == ["return_shipment.failed.v1"]
    assert (messages[0].code, messages[0].attempt, bool(messages[0].message)) == (code, 3, True)


def test_a_refused_return_label_is_told():
    back = a_shipment(S.REQUESTED, direction=Direction.RETURN, return_id=uuid4())
    failed, messages = back.label_refused(code="address_unknown", message="No such street.")
    assert types(messages) == ["return_shipment.failed.v1"]
    assert (messages[0].code, messages[0].message) == ("address_unknown", "No such street.")
    assert failed.answers() == messages


@pytest.mark.parametrize("state", ShipmentStatus)
def test_every_state_leads_to_an_end_that_is_told(state):
    """Tracking events, commands or staff, who record what the carrier does not report, lead to each end."""
    reached = {state}
    while further := set().union(*(TRANSITIONS[one] for one in reached)) - reached:
        reached |= further
    assert reached & ENDED
    if state in TRANSITIONS and state not in ENDED | {S.REQUESTED}:
        shipment, messages = a_shipment(state).advance(an_event(T.LOST))
        assert shipment.status is S.LOST
        assert "shipment.lost.v1" in types(messages)
