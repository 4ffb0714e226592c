"""The texts for the customer at each step: what happened, what it means, and what to do."""

from __future__ import annotations

from chassis.core.money import Money
from chassis.values.text import spelled
from orders.domain.order import Order
from orders.domain.states import CancelReason

PLACED = "Thank you! We have your order and are setting your items aside."
RESERVED = "Your items are set aside for you."
AUTHORIZED = "Your payment was approved."
ACTION_REQUIRED = "Your bank asks you to confirm the payment. Please do so, or pay another way."
PAYING_ANOTHER_WAY = "We are trying your new way to pay."
CONFIRMED = "Your payment has arrived and your order is confirmed."
CONFIRMED_UNPAID = "Your order is confirmed. You pay when it has reached you."
PREPARING = "Your parcel is packed and has its label."
PARCEL_RETURNED = "Your parcel could not be delivered and came back to us. We will get in touch about what to do next."
PARCEL_LOST = "The carrier has lost or damaged your parcel. We are sorry, and will get in touch about what to do next."
PARCEL_CANCELED = "The carrier could not take your parcel. We are finding another way and will get in touch."
SENT_AGAIN = "We are sending your order once more."
DISPUTED = "Your bank has asked for the money of this order back. We keep your parcel here until that is settled."
RELEASED = "We are sending your order."
DELIVERED = "Your parcel was delivered. Enjoy!"
COMPLETED = "The time for returns is over; this order is complete."
RETURNED = "Everything of this order has come back to us."
RETURN_REQUESTED = "We have your request for a return."
RETURN_ARRIVED = "Your return has reached us. We are looking into it."
RETURN_EXPIRED = "Your return has not reached us in time, so it has expired. If it is on its way, please write to us."
RETURN_LABEL_FAILED = "Your return cannot travel with our label. We will get in touch about another way."
RETURN_APPROVED = "Your return is approved. Print the label and hand the parcel in."
RETURN_RECEIVED = "Your return has reached us. The refund is on its way."
CANCELING = "We are canceling your order and putting everything back."
NOT_CANCELED = "Your parcel had already left, so the order could not be canceled. You can return it once it is there."
LATE_PAYMENT = "A payment reached us after the order was canceled. You are getting all of it back."

_REASONS = {
    CancelReason.CUSTOMER: "You canceled this order.",
    CancelReason.STAFF: "We had to cancel this order.",
    CancelReason.PAYMENT_EXPIRED: "We did not receive your payment in time, so the order was canceled.",
    CancelReason.PAYMENT_FAILED: "Your payment could not be taken, so the order was canceled.",
    CancelReason.REFUNDED: "We refunded this order, so it is not sent.",
    CancelReason.UNDELIVERABLE: "Your parcel came back to us, so we have ended this order.",
    CancelReason.LOST: "Your parcel was lost or damaged, so we have ended this order.",
    CancelReason.TIMED_OUT: "We could not process your order in time, so it was canceled.",
}


#: Their texts already say that the payment was not taken.
_UNPAID = (CancelReason.PAYMENT_EXPIRED, CancelReason.PAYMENT_FAILED)


def declined(reason: str) -> str:
    return f"Your payment was declined: {reason.rstrip('.') or 'no reason given'}. Please pay another way."


def dispatched(order: Order) -> str:
    if order.tracking is None:
        return "Your parcel is on its way."
    return f"Your parcel is on its way with {spelled(order.tracking.carrier)}, tracking number {order.tracking.number}."


def refunded(amount: object) -> str:
    return f"{amount} was refunded to you."


def charged_back(amount: object) -> str:
    return f"Your bank has given you {amount} back."


def return_refunded(amount: Money) -> str:
    return f"{amount} was refunded for your return." if amount.amount else "Your return is complete."


def return_rejected(why: str) -> str:
    return f"We cannot take this return: {why.strip().rstrip('.')}."


def canceled(order: Order) -> str:
    """Say why the order was canceled, and what happened to the money."""
    if order.refunded.amount:
        money = f"{order.refunded} was refunded to you."
    elif order.pay_until is not None and order.cancel_reason not in _UNPAID:
        money = "Your payment was not taken."
    else:
        money = "Nothing was charged."
    cart = " Your items are in your cart again." if order.gives_its_cart_back else ""
    return f"{cause(order)} {money}{cart}"


def cause(order: Order) -> str:
    reason = CancelReason(order.cancel_reason)
    return out_of_stock(order) if reason is CancelReason.OUT_OF_STOCK else _REASONS[reason]


def out_of_stock(order: Order) -> str:
    """Name each short item, so that the customer can order what is available."""
    names = {line.sku: line.name for line in order.lines}
    parts = [
        f"“{names.get(short.sku, short.sku)}” is sold out"
        if short.available <= 0
        else f"of “{names.get(short.sku, short.sku)}” only {short.available} of {short.requested} are left"
        for short in order.shortages
    ]
    listed = "; ".join(parts) or "some items are sold out"
    return f"{listed[0].upper()}{listed[1:]}. So the order was canceled."
