"""A return whose parcel, label or refund fails: announced at once, and ended by a timer or by staff."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from orders.domain import facts, lifecycle, returns
from orders.domain.order import Order
from orders.domain.return_states import (
    NothingToSettle,
    ReasonMissing,
    Return,
    ReturnDecided,
    ReturnStatus,
    TooManyReturned,
)
from orders.domain.states import CustomerStatus
from orders.events_out import RefundPayment, ReturnApproved, ReturnRefunded
from tests.domain.test_returns import SOON, order, requested, said_of, sent, told  # noqa: F401
from tests.factories import POLICY, euros, items

STAFF = {"by": "staff@souk.test", "now": SOON, "policy": POLICY}
HERE = {**STAFF, "taken": {}, "completes": False, "all_returned": False, "why": "It is here"}


def failed(order: Order, return_: Return, **given: object) -> facts.ReturnLabelFailed:  # noqa: F811
    return facts.ReturnLabelFailed(
        order_id=order.id, return_id=return_.id, **{"code": "x", "message": "No such street", **given}
    )


def refused(order: Order, return_: Return, **given: object) -> facts.PaymentRefundFailed:  # noqa: F811
    return facts.PaymentRefundFailed(
        order_id=order.id, refund_id=return_.id, **{"code": "x", "message": "Bank away", **given}
    )


def test_a_refused_label_is_told_and_another_one_is_asked_for(order: Order) -> None:  # noqa: F811
    return_, outcome = requested(order)
    order, return_, names = told(outcome.order, return_, failed(outcome.order, return_))
    assert names == ["return.label_failed"]
    assert "No such street" in order.attention
    assert return_.ask_again_at is None
    again, outcome = returns.resume_return(order, return_, by="staff", now=SOON, policy=POLICY)
    assert sent(outcome) == ["return_shipment.create"]
    assert (outcome.messages[-1].attempt, outcome.order.attention) == (2, "")
    _, return_, names = told(outcome.order, again, said_of(outcome.order, again)["label"])
    assert names == ["return.approved"]


def test_a_parcel_that_is_lost_on_its_way_back_is_refunded_without_restock(order: Order) -> None:  # noqa: F811
    return_, outcome = requested(order)
    order, return_, _ = told(
        outcome.order, return_, said_of(order, return_)["label"], failed(order, return_, message="Lost")
    )
    assert "parcel" in order.attention
    return_, outcome = returns.receive(order, return_, restock=False, **HERE)
    assert sent(outcome) == ["return.received", "payment.refund"]
    _, return_, names = told(outcome.order, return_, said_of(order, return_)["refunded"])
    assert (names, return_.status, return_.ask_again_at) == (["return.refunded"], ReturnStatus.REFUNDED, None)


def test_a_return_whose_parcel_never_comes_expires(order: Order) -> None:  # noqa: F811
    return_, outcome = requested(order)
    order, return_, _ = told(outcome.order, return_, said_of(order, return_)["label"])
    assert return_.expires_at == SOON + POLICY.return_expiry
    early = returns.wake_return(order, return_, now=return_.expires_at - timedelta(seconds=1), policy=POLICY)
    assert early[1].messages == ()
    return_, outcome = returns.wake_return(order, return_, now=return_.expires_at, policy=POLICY)
    assert sent(outcome) == ["return.expired"]
    assert (return_.status, return_.expires_at, return_.ask_again_at) == (ReturnStatus.EXPIRED, None, None)
    late, return_, names = told(outcome.order, return_, said_of(order, return_)["arrived"])
    assert (names, "which is expired" in late.attention) == ([], True)
    return_, outcome = returns.receive(late, return_, restock=True, **HERE)
    assert sent(outcome) == ["return.received", "stock.restock", "payment.refund"]
    assert outcome.order.attention == ""


def test_staff_book_in_a_parcel_that_no_carrier_has_scanned(order: Order) -> None:  # noqa: F811
    return_, outcome = requested(order)
    return_, outcome = returns.receive(outcome.order, return_, restock=True, **HERE)
    assert return_.status is ReturnStatus.RECEIVED
    with pytest.raises(ReturnDecided):
        returns.receive(outcome.order, return_, restock=True, **HERE)


def test_an_expired_return_is_not_booked_in_when_its_units_were_returned_since(order: Order) -> None:  # noqa: F811
    return_, outcome = requested(order, items(SHIRT_M=2))
    return_, outcome = returns.wake_return(outcome.order, return_, now=return_.expires_at, policy=POLICY)
    with pytest.raises(TooManyReturned):
        returns.receive(outcome.order, return_, restock=True, **{**HERE, "taken": {"SHIRT-M": 1}})


def test_with_inspection_no_money_goes_back_before_staff_have_looked(order: Order) -> None:  # noqa: F811
    policy = replace(POLICY, return_inspection=True)
    return_, outcome = requested(order, policy=policy)
    arrived = said_of(order, return_)["arrived"]
    return_, outcome = returns.handle_return(
        outcome.order, return_, arrived, all_returned=False, now=SOON, policy=policy
    )
    assert (return_.status, sent(outcome)) == (ReturnStatus.ARRIVED, [])
    assert "Look into it" in outcome.order.attention
    taken, accepted = returns.receive(outcome.order, return_, restock=False, **HERE)
    assert sent(accepted) == ["return.received", "payment.refund"]
    rejected, no = returns.reject(outcome.order, return_, why="It was worn", **STAFF)
    assert (rejected.status, sent(no)) == (ReturnStatus.REJECTED, ["return.rejected"])
    assert taken.restock is False


SHIPPING = {
    "whatever was paid": (POLICY, 7738),
    "no more than the standard": (replace(POLICY, standard_shipping=300), 7548),
    "nothing": (replace(POLICY, refunds_shipping=False), 7248),
}


@pytest.mark.parametrize("case", SHIPPING)
def test_when_everything_comes_back_the_shipping_is_refunded_by_policy(order: Order, case: str) -> None:  # noqa: F811
    policy, amount = SHIPPING[case]
    return_, outcome = requested(order, items())
    arrived = said_of(order, return_)["arrived"]
    return_, outcome = returns.handle_return(
        outcome.order, return_, arrived, completes=True, all_returned=False, now=SOON, policy=policy
    )
    (refund,) = [message for message in outcome.messages if isinstance(message, RefundPayment)]
    assert refund.amount == return_.refund == euros(amount)


def received(order: Order) -> tuple[Order, Return]:  # noqa: F811
    return_, outcome = requested(order)
    order, return_, _ = told(
        outcome.order, return_, said_of(order, return_)["arrived"], said_of(order, return_)["restocked"]
    )
    return order, return_


def test_a_refused_refund_is_asked_for_again_as_another_attempt(order: Order) -> None:  # noqa: F811
    order, return_ = received(order)
    order, return_, _ = told(order, return_, refused(order, return_))
    assert return_.ask_again_at is None
    return_, outcome = returns.resume_return(order, return_, by="staff", now=SOON, policy=POLICY)
    assert (sent(outcome), outcome.messages[-1].attempt) == (["payment.refund"], 2)
    _, return_, _ = told(outcome.order, return_, refused(order, return_, attempt=2))
    assert return_.refund_refused


def test_a_refund_that_meets_another_one_is_made_when_that_has_ended(order: Order) -> None:  # noqa: F811
    order, return_ = received(order)
    order, return_, _ = told(order, return_, refused(order, return_, code=facts.REFUND_EXCEEDS_CAPTURED))
    assert return_.ask_again_at is not None
    other = facts.PaymentRefunded(
        order_id=order.id, refund_id=uuid4(), amount=euros(7000), refunded_total=euros(7000), reason=""
    )
    order = lifecycle.handle(order, other, now=SOON, policy=POLICY, by_hand=True).order
    return_, outcome = returns.other_refund_ended(order, return_, other, all_returned=False, now=SOON, policy=POLICY)
    assert (outcome.messages[-1].attempt, outcome.messages[-1].amount) == (2, euros(738))


def test_a_refund_by_hand_of_the_refused_amount_settles_the_return(order: Order) -> None:  # noqa: F811
    order, return_ = received(order)
    order, return_, _ = told(order, return_, refused(order, return_))
    by_hand = facts.PaymentRefunded(
        order_id=order.id, refund_id=uuid4(), amount=return_.refund, refunded_total=return_.refund, reason=""
    )
    return_, outcome = returns.other_refund_ended(order, return_, by_hand, all_returned=True, now=SOON, policy=POLICY)
    (event,) = [message for message in outcome.messages if isinstance(message, ReturnRefunded)]
    assert (return_.status, event.refund) == (ReturnStatus.REFUNDED, euros(2999))
    assert [(line.sku, line.quantity, line.line_total) for line in event.lines] == [("SHIRT-M", 1, euros(2999))]
    assert outcome.order.customer_status is CustomerStatus.RETURNED


def test_a_return_of_an_order_that_was_wholly_refunded_ends_without_a_refund_of_nothing(
    order: Order,  # noqa: F811
) -> None:
    return_, outcome = requested(order)
    order = replace(outcome.order, refunded=order.total)
    order, return_, names = told(order, return_, said_of(order, return_)["arrived"])
    assert names == ["return.received", "stock.restock", "return.refunded"]
    assert (return_.status, return_.refund, return_.message) == (
        ReturnStatus.REFUNDED,
        euros(0),
        "Your return is complete.",
    )


def test_staff_settle_a_return_that_was_paid_back_another_way_and_say_how(order: Order) -> None:  # noqa: F811
    with pytest.raises(NothingToSettle):
        returns.settle_return(order, requested(order)[0], all_returned=False, why="By transfer", **STAFF)
    order, return_ = received(order)
    with pytest.raises(ReasonMissing):
        returns.settle_return(order, return_, all_returned=False, why=" ", **STAFF)
    return_, outcome = returns.settle_return(order, return_, all_returned=False, why="By transfer", **STAFF)
    assert (return_.status, sent(outcome)) == (ReturnStatus.REFUNDED, ["return.refunded"])


def test_an_approved_return_tells_until_when_it_must_be_here(order: Order) -> None:  # noqa: F811
    return_, outcome = requested(order)
    label = said_of(outcome.order, return_)["label"]
    _, outcome = returns.handle_return(outcome.order, return_, label, all_returned=False, now=SOON, policy=POLICY)
    (approved,) = (message for message in outcome.messages if isinstance(message, ReturnApproved))
    assert approved.send_back_by == return_.expires_at is not None
