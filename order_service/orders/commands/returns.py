"""Returns: ask for one, decide it, and bring to it what happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.jobs.sweeping import sweep
from chassis.transactions import transactional
from orders.commands.policy import policy
from orders.commands.saving import save_order
from orders.domain import returns as domain
from orders.domain.facts import RefundFact, ReturnFact
from orders.domain.order import Order
from orders.domain.pricing import merged
from orders.domain.returns import Return, ReturnNotFound, ReturnStatus
from orders.events_out import Item
from orders.repository import orders, returns


@transactional
def request_return(*, order_id: UUID, customer_id: UUID, items: Sequence[Item], reason: str, now: datetime) -> Return:
    """Ask to send something back. Raises OrderNotFound, NotReturnable, TooManyReturned."""
    order = orders.locked_order(order_id, customer_id=customer_id)
    back, outcome = domain.request_return(
        order,
        return_id=uuid7(),
        items=merged(items),
        taken=returns.returned_units(order_id, [status for status in ReturnStatus if status != ReturnStatus.REJECTED]),
        pledged=returns.pledged_refunds(order_id, order.total.currency),
        reason=reason,
        now=now,
        policy=policy(),
    )
    returns.add_return(back)
    save_order(order, outcome)
    return back


def approve_return(*, return_id: UUID, by: str, now: datetime) -> None:
    """Staff say yes. Raises ReturnNotFound, ReturnDecided."""
    _change(
        return_id=return_id, change=lambda order, back: domain.approve(order, back, by=by, now=now, policy=policy())
    )


def reject_return(*, return_id: UUID, by: str, why: str, now: datetime) -> None:
    """Staff say no. Raises ReturnNotFound, ReturnDecided."""
    _change(
        return_id=return_id,
        change=lambda order, back: domain.reject(order, back, by=by, why=why, now=now, policy=policy()),
    )


def resume_return(*, return_id: UUID, by: str, now: datetime) -> None:
    """Staff: ask again now. Raises ReturnNotFound, NothingToResume."""
    _change(
        return_id=return_id,
        change=lambda order, back: domain.resume_return(order, back, by=by, now=now, policy=policy()),
    )


@transactional
def record_return_fact(*, fact: ReturnFact, now: datetime) -> None:
    """Another service said something about a return. Raises OrderNotFound, ReturnNotFound."""
    _record(orders.locked_order(fact.order_id), returns.locked_return(fact.return_id), fact, now)


@transactional
def record_refund(*, order: Order, fact: RefundFact, now: datetime) -> None:
    """A refund that is not the order's own cancellation: a return's, or one that staff made at payments."""
    try:
        back = returns.locked_return(fact.refund_id)
    except ReturnNotFound:
        return
    _record(order, back, fact, now)


def _record(order: Order, back: Return, fact: ReturnFact | RefundFact, now: datetime) -> None:
    refunded = sum(returns.returned_units(order.id, [ReturnStatus.REFUNDED]).values())
    all_returned = refunded + sum(line.quantity for line in back.lines) == order.units
    after, outcome = domain.handle_return(order, back, fact, all_returned=all_returned, now=now, policy=policy())
    returns.save_return(back, after)
    save_order(order, outcome)


def wake_due_returns(*, now: datetime, limit: int = 100) -> int:
    """Ask again for what returns have waited for too long; how many."""

    def wake(return_id: UUID) -> None:
        _change(
            return_id=return_id, change=lambda order, back: domain.wake_return(order, back, now=now, policy=policy())
        )

    return sweep(
        "job.wake_returns",
        due=lambda waiting: returns.impatient_returns(now, limit=limit, without=waiting),
        work=wake,
        now=now,
    )


@transactional
def _change(*, return_id: UUID, change: Callable[[Order, Return], domain.Result]) -> None:
    order = orders.locked_order(returns.order_of_return(return_id))
    back = returns.locked_return(return_id)
    after, outcome = change(order, back)
    returns.save_return(back, after)
    save_order(order, outcome)
