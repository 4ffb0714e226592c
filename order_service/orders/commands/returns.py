"""Commands on returns: request one, record facts about it, and decisions of staff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.jobs.sweeps import sweep
from chassis.transactions import transactional
from orders.commands.order_storage import save_order
from orders.commands.policy import policy
from orders.domain import lifecycle
from orders.domain import returns as domain
from orders.domain.facts import RefundFact, ReturnFact
from orders.domain.order import Order, restock_id
from orders.domain.pricing import merged
from orders.domain.return_states import VOID, Return, ReturnStatus
from orders.events_out import Item
from orders.repository import orders, returns

COUNTED = [status for status in ReturnStatus if status not in VOID]


@transactional
def request_return(*, order_id: UUID, customer_id: UUID, items: Sequence[Item], reason: str, now: datetime) -> Return:
    """Request a return. Raises OrderNotFound, NotReturnable, TooManyReturned."""
    order = orders.locked_order(order_id, customer_id=customer_id)
    return_, outcome = domain.request_return(
        order,
        return_id=uuid7(),
        items=merged(items),
        taken=returns.returned_units(order_id, COUNTED),
        pledged=returns.pledged_refunds(order_id, order.total.currency),
        reason=reason,
        now=now,
        policy=policy(),
    )
    returns.add_return(return_)
    save_order(order, outcome)
    return return_


def approve_return(*, return_id: UUID, by: str, now: datetime) -> None:
    """Approve a return. Raises ReturnNotFound, ReturnDecided."""
    _change(
        return_id=return_id,
        change=lambda order, return_: domain.approve(order, return_, by=by, now=now, policy=policy()),
    )


def reject_return(*, return_id: UUID, by: str, why: str, now: datetime) -> None:
    """Reject a return; the customer reads why. Raises ReturnNotFound, ReturnDecided, ReasonMissing."""
    _change(
        return_id=return_id,
        change=lambda order, return_: domain.reject(order, return_, by=by, why=why, now=now, policy=policy()),
    )


def receive_return(*, return_id: UUID, restock: bool, by: str, why: str, now: datetime) -> None:
    """Book the parcel of a return in. Raises ReturnNotFound, ReturnDecided, TooManyReturned."""
    _change(
        return_id=return_id,
        change=lambda order, return_: domain.receive(
            order,
            return_,
            restock=restock,
            taken=returns.returned_units(order.id, COUNTED, excluding=return_.id),
            completes=_completes(order, return_, ReturnStatus.RECEIVED, ReturnStatus.REFUNDED),
            all_returned=_completes(order, return_, ReturnStatus.REFUNDED),
            by=by,
            why=why,
            now=now,
            policy=policy(),
        ),
    )


def settle_return(*, return_id: UUID, by: str, why: str, now: datetime) -> None:
    """End a return that was refunded in another way. Raises ReturnNotFound, NothingToSettle, ReasonMissing."""
    _change(
        return_id=return_id,
        change=lambda order, return_: domain.settle_return(
            order,
            return_,
            all_returned=_completes(order, return_, ReturnStatus.REFUNDED),
            by=by,
            why=why,
            now=now,
            policy=policy(),
        ),
    )


def resume_return(*, return_id: UUID, by: str, now: datetime) -> None:
    """Send the missing commands of a return again. Raises ReturnNotFound, NothingToResume."""
    _change(
        return_id=return_id,
        change=lambda order, return_: domain.resume_return(order, return_, by=by, now=now, policy=policy()),
    )


@transactional
def record_return_fact(*, fact: ReturnFact, now: datetime) -> None:
    """Record a fact about a return. Raises OrderNotFound, ReturnNotFound.

    Restocked units may also be those of an undelivered parcel of the order itself.
    """
    order = orders.locked_order(fact.order_id)
    if fact.return_id == restock_id(order.id):
        save_order(order, lifecycle.handle(order, fact, now=now, policy=policy()))
        return
    record_fact_of_return(order=order, return_id=fact.return_id, fact=fact, now=now)


@transactional
def record_fact_of_return(*, order: Order, return_id: UUID, fact: ReturnFact | RefundFact, now: datetime) -> Order:
    """Record a fact about a return of a locked order, and return the order afterwards. Raises ReturnNotFound."""
    return_ = returns.locked_return(return_id)
    after, outcome = domain.handle_return(
        order,
        return_,
        fact,
        completes=_completes(order, return_, ReturnStatus.RECEIVED, ReturnStatus.REFUNDED),
        all_returned=_completes(order, return_, ReturnStatus.REFUNDED),
        now=now,
        policy=policy(),
    )
    returns.save_return(return_, after)
    return save_order(order, outcome)


@transactional
def record_refund_of_others(*, order: Order, fact: RefundFact, now: datetime) -> None:
    """Record the end of a refund with the other returns of a locked order, which it may settle or make room for."""
    for return_id in returns.unsettled_returns(order.id):
        if return_id == fact.refund_id:
            continue
        return_ = returns.locked_return(return_id)
        all_returned = _completes(order, return_, ReturnStatus.REFUNDED)
        after, outcome = domain.other_refund_ended(
            order, return_, fact, all_returned=all_returned, now=now, policy=policy()
        )
        returns.save_return(return_, after)
        order = save_order(order, outcome)


def _completes(order: Order, return_: Return, *states: ReturnStatus) -> bool:
    """Return whether all other units of the order are in returns of these states."""
    others = returns.returned_units(order.id, states, excluding=return_.id)
    return sum(others.values()) + return_.units == order.units


def wake_due_returns(*, now: datetime, limit: int = 100) -> int:
    """Expire returns without a parcel, and send missing commands again. Return the number of returns."""

    def wake(return_id: UUID) -> None:
        _change(
            return_id=return_id,
            change=lambda order, return_: domain.wake_return(
                order,
                return_,
                all_returned=_completes(order, return_, ReturnStatus.REFUNDED),
                now=now,
                policy=policy(),
            ),
        )

    return sweep(
        "job.wake_returns",
        due=lambda waiting: returns.due_returns(now, limit=limit, without=waiting),
        work=wake,
        now=now,
    )


@transactional
def _change(*, return_id: UUID, change: Callable[[Order, Return], domain.Result]) -> None:
    order = orders.locked_order(returns.order_of_return(return_id))
    return_ = returns.locked_return(return_id)
    after, outcome = change(order, return_)
    returns.save_return(return_, after)
    save_order(order, outcome)
