"""Commands on orders: place one, record facts about it, cancel it, pay another way, wake it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis.core import context
from chassis.core.money import Money
from chassis.jobs.sweeps import sweep
from chassis.transactions import Conflict, transactional
from orders import clients
from orders.commands.limits import count_attempt
from orders.commands.order_storage import save_order
from orders.commands.policy import policy
from orders.commands.returns import record_fact_of_return, record_refund_of_others
from orders.domain import lifecycle
from orders.domain.facts import Fact, RefundFact
from orders.domain.order import Order, order_number
from orders.domain.pricing import Offer, check_expected, merged, priced_lines, prices_of
from orders.domain.quotes import check_quote
from orders.domain.states import CancelReason
from orders.events_out import Address, Item
from orders.models import CartLine, CatalogVariant
from orders.repository import orders
from orders.repository.carts import lock_cart
from orders.repository.returns import is_return


@transactional
def place_order(
    *,
    customer_id: UUID,
    items: Sequence[Item] | None,
    shipping_quote: str,
    address: Address,
    payment_method: str,
    expected_subtotal: Money,
    now: datetime,
    client: str = "",
) -> Order:
    """Accept an order of `items`, or of the whole cart, and begin the checkout saga. Calls no other service.

    The items of an order that fails return to the cart.
    Raises NothingToOrder, TooMuch, ProductUnavailable, PriceChanged, QuoteInvalid,
    QuoteDoesNotFit, TooManyUnpaidOrders, TooManyPaymentAttempts.
    """
    quote = clients.verified_quote(shipping_quote)
    taken: list[CartLine] = []
    from_cart = items is None
    if items is None:
        taken = _cart(customer_id)
        items = [Item(sku=line.sku, quantity=line.quantity) for line in taken]
    seen = {line.sku: Money(line.price_amount, line.currency) for line in taken}
    wanted = merged(items)
    lines = priced_lines(wanted, _offers([item.sku for item in wanted]))
    prices = prices_of(lines, shipping=quote.price)
    check_expected(lines, prices.subtotal, expected=expected_subtotal, seen=seen)
    check_quote(quote, customer_id=customer_id, items=wanted, address=address)
    order_id = uuid7()
    count_attempt(order_id=order_id, customer_id=customer_id, client=client, now=now)
    order = Order(
        id=order_id,
        number=order_number(order_id, now),
        customer_id=customer_id,
        correlation_id=context.current().correlation_id,
        lines=lines,
        address=address,
        subtotal=prices.subtotal,
        shipping=prices.shipping,
        tax=prices.tax,
        total=prices.total,
        refunded=Money(0, prices.total.currency),
        from_cart=from_cart,
        quote_id=quote.id,
        carrier=quote.carrier,
        service=quote.service,
        payment_method=payment_method,
        placed_at=now,
        updated_at=now,
    )
    outcome = lifecycle.begin(order, now=now, policy=policy())
    orders.add_order(outcome)
    if taken:
        _take(taken)
    return outcome.order


def _cart(customer_id: UUID) -> list[CartLine]:
    """Return the lines of the cart, locked until the transaction ends."""
    lock_cart(customer_id)
    return list(CartLine.objects.filter(customer_id=customer_id))


def _take(lines: Sequence[CartLine]) -> None:
    """Remove the lines from the cart. Raises Conflict if one is gone although the cart was locked."""
    deleted, _ = CartLine.objects.filter(id__in=[line.id for line in lines]).delete()
    if deleted != len(lines):
        raise Conflict("the cart was changed by another transaction")


def _offers(skus: Sequence[str]) -> dict[str, Offer]:
    rows = CatalogVariant.objects.filter(sku__in=skus, active=True)
    return {
        sku: Offer(sku=sku, product_id=product_id, name=name, price=Money(amount, currency))
        for sku, product_id, name, amount, currency in rows.values_list(
            "sku", "product_id", "name", "price_amount", "currency"
        )
    }


@transactional
def record_fact(*, fact: Fact, now: datetime) -> None:
    """Record a fact about an order, and continue its saga. Raises OrderNotFound."""
    order = orders.locked_order(fact.order_id)
    if isinstance(fact, RefundFact):
        _record_refund(order, fact, now)
    else:
        save_order(order, lifecycle.handle(order, fact, now=now, policy=policy()))


def _record_refund(order: Order, fact: RefundFact, now: datetime) -> None:
    """Record a refund of a cancellation, of a return, or by hand; other refunds may have waited for its end."""
    of_return = fact.refund_id != order.id and is_return(fact.refund_id)
    by_hand = fact.refund_id != order.id and not of_return
    order = save_order(order, lifecycle.handle(order, fact, now=now, policy=policy(), by_hand=by_hand))
    if of_return:
        order = record_fact_of_return(order=order, return_id=fact.refund_id, fact=fact, now=now)
    record_refund_of_others(order=order, fact=fact, now=now)


@transactional
def cancel_order(*, order_id: UUID, customer_id: UUID, detail: str, now: datetime) -> Order:
    """Begin to cancel an order that has not been dispatched.

    The order stays `canceling` until the saga has returned stock and money.
    Raises OrderNotFound (another customer's order looks the same) and OrderNotCancelable.
    """
    order = orders.locked_order(order_id, customer_id=customer_id)
    outcome = lifecycle.cancel(order, reason=CancelReason.CUSTOMER, detail=detail, now=now, policy=policy())
    return save_order(order, outcome)


@transactional
def pay_another_way(
    *, order_id: UUID, customer_id: UUID, payment_method: str, now: datetime, client: str = ""
) -> Order:
    """Begin another attempt to pay.

    Raises OrderNotFound, PaymentNotExpected, PaymentWindowOver, PaymentAttemptsUsedUp, TooManyPaymentAttempts.
    """
    order = orders.locked_order(order_id, customer_id=customer_id)
    outcome = lifecycle.pay_another_way(order, payment_method=payment_method, now=now, policy=policy())
    count_attempt(order_id=order_id, customer_id=customer_id, client=client, now=now)
    return save_order(order, outcome)


def wake_due_orders(*, now: datetime, limit: int = 100) -> int:
    """Act on orders whose deadline has passed or whose step has waited too long. Return the number of orders."""
    return sweep(
        "job.wake_orders",
        due=lambda waiting: orders.due_orders(now, limit=limit, without=waiting),
        work=lambda order_id: _wake(order_id=order_id, now=now),
        now=now,
    )


@transactional
def _wake(*, order_id: UUID, now: datetime) -> None:
    order = orders.locked_order(order_id)
    save_order(order, lifecycle.wake(order, now=now, policy=policy()))
