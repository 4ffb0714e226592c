from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.core.messages import message_type
from orders.domain import facts, lifecycle, returns
from orders.domain.order import Order
from orders.domain.outcome import Outcome
from orders.domain.return_states import (
    NotReturnable,
    ReasonMissing,
    Return,
    ReturnDecided,
    ReturnStatus,
    TooManyReturned,
)
from orders.domain.states import CustomerStatus
from tests.factories import NOON, POLICY, begun, euros, items
from tests.neighbors import LATER, TRACKING

SOON = LATER + timedelta(days=2)


@pytest.fixture
def order() -> Order:
    order = begun().order
    about = {"order_id": order.id}
    for fact in (
        facts.StockReserved(**about),
        facts.PaymentAuthorized(**about, amount=order.total),
        facts.StockAllocated(**about),
        facts.PaymentCaptured(**about, amount=order.total),
        facts.ShipmentDispatched(**about, **TRACKING, dispatched_at=LATER),
        facts.ShipmentDelivered(**about, delivered_at=LATER),
    ):
        order = lifecycle.handle(order, fact, now=NOON, policy=POLICY).order
    return order


def requested(order: Order, lines=None, **given: object) -> tuple[Return, Outcome]:
    defaults = {"taken": {}, "pledged": euros(0), "reason": "Too small", "now": SOON, "policy": POLICY}
    return returns.request_return(order, return_id=uuid4(), items=lines or items(SHIRT_M=1), **{**defaults, **given})


def told(order: Order, return_: Return, *said: object, all_returned: bool = False) -> tuple[Order, Return, list[str]]:
    names: list[str] = []
    for fact in said:
        return_, outcome = returns.handle_return(
            order, return_, fact, all_returned=all_returned, now=SOON, policy=POLICY
        )
        order, names = outcome.order, names + sent(outcome)
    return order, return_, names


def sent(outcome: Outcome) -> list[str]:
    names = [message_type(message).name.removesuffix(".v1") for message in outcome.messages]
    return [name for name in names if name != "order.progressed"]


def said_of(order: Order, return_: Return) -> dict[str, facts.Fact]:
    about = {"order_id": order.id, "return_id": return_.id}
    return {
        "label": facts.ReturnLabelCreated(**about, label_url="https://label.example/", tracking_number="R1"),
        "arrived": facts.ReturnArrived(**about),
        "restocked": facts.StockRestocked(**about),
        "refunded": facts.PaymentRefunded(
            order_id=order.id, refund_id=return_.id, amount=return_.refund, refunded_total=return_.refund
        ),
    }


def test_a_return_within_the_window_is_approved_at_once_and_gets_a_label(order: Order) -> None:
    return_, outcome = requested(order)
    assert sent(outcome) == ["return.requested", "return_shipment.create"]
    assert (return_.status, return_.refund) == (ReturnStatus.APPROVED, euros(2999))


def test_a_return_goes_from_label_to_refund(order: Order) -> None:
    return_, outcome = requested(order)
    said = said_of(order, return_)
    _, return_, names = told(outcome.order, return_, *said.values())
    assert names == ["return.approved", "return.received", "stock.restock", "payment.refund", "return.refunded"]
    assert (return_.status, return_.ask_again_at) == (ReturnStatus.REFUNDED, None)


def test_the_end_is_the_same_when_its_messages_come_twice_and_the_answers_in_another_order(order: Order) -> None:
    return_, outcome = requested(order)
    said = said_of(order, return_)
    twisted = [said["arrived"], said["label"], said["arrived"], said["refunded"], said["restocked"], said["refunded"]]
    _, return_, names = told(outcome.order, return_, *twisted)
    assert (return_.status, return_.ask_again_at, return_.label_url) == (
        ReturnStatus.REFUNDED,
        None,
        "https://label.example/",
    )
    assert names.count("payment.refund") == names.count("return.refunded") == 1


def test_when_everything_has_come_back_the_order_is_returned(order: Order) -> None:
    return_, outcome = requested(order, items())
    order, _, _ = told(outcome.order, return_, *said_of(order, return_).values(), all_returned=True)
    assert order.customer_status is CustomerStatus.RETURNED


def test_never_more_than_was_bought_and_not_yet_returned(order: Order) -> None:
    with pytest.raises(TooManyReturned) as refusal:
        requested(order, items(SHIRT_M=2), taken={"SHIRT-M": 1})
    assert refusal.value.facts["returnable"] == 1
    with pytest.raises(TooManyReturned):
        requested(order, items(OTHER=1))


def test_never_more_money_than_is_left_of_what_was_paid(order: Order) -> None:
    order = replace(order, refunded=euros(5000))
    return_, _ = requested(order, pledged=euros(1000))
    assert return_.refund == order.total - euros(6000)
    return_, _ = requested(order, pledged=order.total)
    assert return_.refund == euros(0)


def test_only_what_was_delivered_and_not_too_long_ago_can_be_returned(order: Order) -> None:
    with pytest.raises(NotReturnable):
        requested(begun().order)
    with pytest.raises(NotReturnable):
        requested(order, now=LATER + POLICY.return_window + timedelta(seconds=1))


def test_staff_decide_once(order: Order) -> None:
    policy = replace(POLICY, returns_auto_approve=False)
    return_, outcome = requested(order, policy=policy)
    assert return_.status is ReturnStatus.REQUESTED
    rejected, outcome = returns.reject(outcome.order, return_, by="staff", why="Worn.", now=SOON, policy=policy)
    assert sent(outcome) == ["return.rejected"]
    assert rejected.message == "We cannot take this return: Worn."
    with pytest.raises(ReturnDecided):
        returns.approve(outcome.order, rejected, by="staff", now=SOON, policy=policy)
    _, outcome = returns.approve(outcome.order, return_, by="staff", now=SOON, policy=policy)
    assert sent(outcome) == ["return_shipment.create"]


def test_a_missing_answer_is_requested_again(order: Order) -> None:
    return_, outcome = requested(order)
    return_, again = returns.wake_return(outcome.order, return_, now=return_.ask_again_at, policy=POLICY)
    assert sent(again) == ["return_shipment.create"]
    said = said_of(order, return_)
    order, return_, _ = told(again.order, return_, said["arrived"], said["restocked"])
    _, again = returns.wake_return(order, return_, now=return_.ask_again_at, policy=POLICY)
    assert sent(again) == ["payment.refund"]


def test_a_parcel_for_a_rejected_return_calls_staff(order: Order) -> None:
    return_, outcome = requested(order, policy=replace(POLICY, returns_auto_approve=False))
    with pytest.raises(ReasonMissing):
        returns.reject(outcome.order, return_, by="staff", why=" ", now=SOON, policy=POLICY)
    return_, outcome = returns.reject(outcome.order, return_, by="staff", why="Worn", now=SOON, policy=POLICY)
    order, return_, names = told(outcome.order, return_, said_of(order, return_)["arrived"])
    assert (order.attention != "", names, return_.status) == (True, [], ReturnStatus.REJECTED)
