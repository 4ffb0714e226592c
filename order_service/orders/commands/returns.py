"""Returns: ask for one, decide it, and bring to it what happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.jobs.sweeps import sweep
from chassis.transactions import transactional
from orders.commands.policy import policy
from orders.commands.saving import save_order
from orders.domain import life
from orders.domain import returns as domain
from orders.domain.facts import RefundFact, ReturnFact
from orders.domain.order import Order, restock_id
from orders.domain.pricing import merged
from orders.domain.return_states import VOID, Return, ReturnStatus
from orders.events_out import Item
from orders.repository import orders, returns

ALIVE = [status for status in ReturnStatus if status not in VOID]


@transactional
def request_return(*, order_id: UUID, customer_id: UUID, items: Sequence[Item], reason: str, now: datetime) -> Return:
    """Ask to send something back. Raises OrderNotFound, NotReturnable, TooManyReturned."""
    order = orders.locked_order(order_id, customer_id=customer_id)
    back, outcome = domain.request_return(
        order,
        return_id=uuid7(),
        items=merged(items),
        taken=returns.returned_units(order_id, ALIVE),
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
    """Staff say no, and the customer reads why. Raises ReturnNotFound, ReturnDecided, ReasonMissing."""
    _change(
        return_id=return_id,
        change=lambda order, back: domain.reject(order, back, by=by, why=why, now=now, policy=policy()),
    )


def receive_return(*, return_id: UUID, restock: bool, by: str, why: str, now: datetime) -> None:
    """Staff book the parcel in. Raises ReturnNotFound, ReturnDecided, TooManyReturned."""
    _change(
        return_id=return_id,
        change=lambda order, back: domain.receive(
            order,
            back,
            restock=restock,
            taken=returns.returned_units(order.id, ALIVE, but=back.id),
            completes=_is_the_last(order, back, ReturnStatus.RECEIVED, ReturnStatus.REFUNDED),
            all_returned=_is_the_last(order, back, ReturnStatus.REFUNDED),
            by=by,
            why=why,
            now=now,
            policy=policy(),
        ),
    )


def settle_return(*, return_id: UUID, by: str, why: str, now: datetime) -> None:
    """Staff: the money is back by another way. Raises ReturnNotFound, NothingToSettle, ReasonMissing."""
    _change(
        return_id=return_id,
        change=lambda order, back: domain.settle_return(
            order,
            back,
            all_returned=_is_the_last(order, back, ReturnStatus.REFUNDED),
            by=by,
            why=why,
            now=now,
            policy=policy(),
        ),
    )


def resume_return(*, return_id: UUID, by: str, now: datetime) -> None:
    """Staff: ask again now. Raises ReturnNotFound, NothingToResume."""
    _change(
        return_id=return_id,
        change=lambda order, back: domain.resume_return(order, back, by=by, now=now, policy=policy()),
    )


@transactional
def record_return_fact(*, fact: ReturnFact, now: datetime) -> None:
    """Another service said something about a return. Raises OrderNotFound, ReturnNotFound.

    What is restocked may also be an undelivered parcel of the order itself.
    """
    order = orders.locked_order(fact.order_id)
    if fact.return_id == restock_id(order.id):
        save_order(order, life.handle(order, fact, now=now, policy=policy()))
        return
    record_of_return(order=order, return_id=fact.return_id, fact=fact, now=now)


@transactional
def record_of_return(*, order: Order, return_id: UUID, fact: ReturnFact | RefundFact, now: datetime) -> Order:
    """The order is locked, and is returned as it is afterwards. Raises ReturnNotFound."""
    back = returns.locked_return(return_id)
    after, outcome = domain.handle_return(
        order,
        back,
        fact,
        completes=_is_the_last(order, back, ReturnStatus.RECEIVED, ReturnStatus.REFUNDED),
        all_returned=_is_the_last(order, back, ReturnStatus.REFUNDED),
        now=now,
        policy=policy(),
    )
    returns.save_return(back, after)
    return save_order(order, outcome)


@transactional
def record_other_refund(*, order: Order, fact: RefundFact, now: datetime) -> None:
    """A refund has ended: it may settle or make way for those of other returns. The order is locked."""
    for return_id in returns.unsettled_returns(order.id):
        if return_id == fact.refund_id:
            continue
        back = returns.locked_return(return_id)
        all_returned = _is_the_last(order, back, ReturnStatus.REFUNDED)
        after, outcome = domain.other_refund_ended(
            order, back, fact, all_returned=all_returned, now=now, policy=policy()
        )
        returns.save_return(back, after)
        order = save_order(order, outcome)


def _is_the_last(order: Order, back: Return, *states: ReturnStatus) -> bool:
    """Whether all other units of the order are in returns of these states."""
    others = returns.returned_units(order.id, states, but=back.id)
    return sum(others.values()) + back.units == order.units


def wake_due_returns(*, now: datetime, limit: int = 100) -> int:
    """Expire returns whose parcel has not come, and ask again for what others wait for; how many."""

    def wake(return_id: UUID) -> None:
        _change(
            return_id=return_id,
            change=lambda order, back: domain.wake_return(
                order,
                back,
                all_returned=_is_the_last(order, back, ReturnStatus.REFUNDED),
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
    back = returns.locked_return(return_id)
    after, outcome = change(order, back)
    returns.save_return(back, after)
    save_order(order, outcome)
