"""Whole orders by each way to pay, through the gateway. The money is counted in the providers' own records."""

from __future__ import annotations

import httpx
from run.shopper import until

from tests.journeys.desk import ORDERS, REFUNDS, act, at_desk, send
from tests.journeys.test_unhappy_journeys import payment_is


def paypal_total(books, kind, order):
    """What PayPal has moved for the order's payments."""
    references = {payment["id"] for payment in order["payments"]}
    effects = books("paypal")["effects"]
    return sum(e["amount"] for e in effects if e["kind"] == kind and e["reference"].partition(".")[0] in references)


def with_payments(shopper, order):
    return {**order, "payments": shopper.get(f"/api/v1/payments/?order_id={order['id']}")["results"]}


def at_paypal(shopper, order):
    """The address at which the customer agrees to pay."""
    waiting = until(lambda: payment_is(shopper, order, "action_required"), what="the way to PayPal")
    return waiting["payment"]["action_url"]


def test_what_can_be_used_is_told(shopper):
    ways = shopper.get("/api/v1/payment-methods/?country=DE&currency=EUR")["results"]
    assert [way["name"] for way in ways] == ["sandbox", "stripe", "paypal", "prepayment", "invoice", "cash_on_delivery"]


def stripe_intents(books, order):
    """Stripe's records of the order's payments."""
    return [one for one in books("stripe")["payment_intent"] if one["metadata"]["order_id"] == order["id"]]


def pay_in_the_form(shopper, system, order, method):
    """What Stripe's form does in the customer's browser, with the secret that only the customer gets."""
    until(lambda: payment_is(shopper, order, "action_required"), what="the form")
    (payment,) = with_payments(shopper, order)["payments"]
    secret = shopper.get(f"/api/v1/payments/{payment['id']}/client-secret/")["client_secret"]
    page = system.url(f"/sandbox/stripe/pay/{secret}/")
    assert "Pay the shop" in httpx.get(page).text
    httpx.post(page, data={"payment_method": method})
    return page


def test_an_order_by_stripe_in_the_form(shopper, system, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="stripe")
    pay_in_the_form(shopper, system, order, "pm_card_visa")
    done = shopper.wait_for(order["id"], "delivered")
    total = done["total"]["amount"]
    assert [(one["status"], one["amount_received"]) for one in stripe_intents(books, done)] == [("succeeded", total)]


def test_an_order_by_stripe_whose_bank_asks(shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="stripe:pm_card_authenticationRequired")
    waiting = until(lambda: payment_is(shopper, order, "action_required"), what="the bank's question")
    httpx.post(f"{waiting['payment']['action_url']}confirm/")
    done = shopper.wait_for(order["id"], "delivered")
    assert [one["status"] for one in stripe_intents(books, done)] == ["succeeded"]


def test_a_card_that_is_declined_at_stripe_and_another_one_in_the_same_form(shopper, system, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="stripe")
    page = pay_in_the_form(shopper, system, order, "pm_card_chargeDeclined")
    assert "Your card was declined" in httpx.get(page).text
    httpx.post(page, data={"payment_method": "pm_card_visa"})
    done = shopper.wait_for(order["id"], "delivered")
    assert len(stripe_intents(books, done)) == 1


def test_an_order_at_stripe_that_is_canceled_before_anybody_pays(shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="stripe")
    until(lambda: payment_is(shopper, order, "action_required"), what="the form")
    shopper.post(f"/api/v1/orders/{order['id']}/cancel/", {"reason": "changed_my_mind"})
    canceled = shopper.wait_for(order["id"], "canceled")
    until(lambda: [one["status"] for one in stripe_intents(books, canceled)] == ["canceled"], what="the void")


def test_an_order_by_paypal(shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="paypal")
    page = at_paypal(shopper, order)
    assert "Agree and pay" in httpx.get(page).text
    back = httpx.post(f"{page}approve/")
    assert back.headers["Location"].partition("?")[0].endswith(f"/account/orders/{order['id']}/")
    done = with_payments(shopper, shopper.wait_for(order["id"], "delivered"))
    total = done["total"]["amount"]
    assert (paypal_total(books, "authorization", done), paypal_total(books, "capture", done)) == (total, total)


def test_an_order_that_is_never_approved_at_paypal(shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="paypal")
    page = at_paypal(shopper, order)
    canceled = with_payments(shopper, shopper.wait_for(order["id"], "canceled", seconds=60))
    httpx.post(f"{page}approve/")  # too late
    until(
        lambda: shopper.get(f"/api/v1/payments/?order_id={order['id']}")["results"][0]["status"] == "voided",
        what="void",
    )
    assert paypal_total(books, "authorization", canceled) == 0


def test_an_account_without_money_at_paypal_and_then_a_card(shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="paypal")
    httpx.post(f"{at_paypal(shopper, order)}approve-without-funds/")
    until(lambda: payment_is(shopper, order, "declined"), what="the decline")
    shopper.post(f"/api/v1/orders/{order['id']}/payment/", {"payment_method": "sandbox:card_ok"}, key=order["id"])
    done = with_payments(shopper, shopper.wait_for(order["id"], "processing", "shipped", "delivered"))
    assert paypal_total(books, "authorization", done) == 0


def test_cash_on_delivery_is_paid_when_the_parcel_is_delivered(shopper, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="cash_on_delivery")
    shopper.wait_for(order["id"], "shipped", "delivered")
    done = shopper.wait_for(order["id"], "delivered")
    until(lambda: payment_is(shopper, order, "captured"), what="the courier's cash")
    (payment,) = with_payments(shopper, done)["payments"]
    assert payment["captured"] == done["total"]


def test_an_invoice_is_open_after_the_delivery(shopper, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="invoice")
    done = with_payments(shopper, shopper.wait_for(order["id"], "delivered"))
    (payment,) = done["payments"]
    assert (payment["status"], payment["captured"]["amount"]) == ("authorized", 0)
    assert f"Reference: {done['number']}" in payment["message"]


def test_a_transfer_in_advance_that_the_customer_cancels(shopper, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="prepayment")
    waiting = until(lambda: payment_is(shopper, order, "action_required"), what="the instructions")
    assert f"Reference: {waiting['number']}" in waiting["message"]
    shopper.post(f"/api/v1/orders/{order['id']}/cancel/", {"reason": "changed_my_mind"})
    canceled = with_payments(shopper, shopper.wait_for(order["id"], "canceled"))
    assert [payment["status"] for payment in canceled["payments"]] == ["voided"]


def happens_at_stripe(system, what, id_):
    httpx.post(system.service_url("sandbox", f"/stripe/happens/{what}/{id_}/")).raise_for_status()


def disputes_at_stripe(books, intent):
    return [one["id"] for one in books("stripe")["dispute"] if one["payment_intent"] == intent["id"]]


def test_a_delivered_order_that_is_disputed_and_lost(shopper, system, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="stripe:pm_card_visa")
    done = shopper.wait_for(order["id"], "delivered")
    (intent,) = stripe_intents(books, order)
    happens_at_stripe(system, "dispute-opens", intent["id"])
    happens_at_stripe(system, "dispute-lost", disputes_at_stripe(books, intent)[0])
    until(lambda: payment_is(shopper, order, "refunded"), what="the chargeback")
    total = f"{done['total']['amount'] / 100:.2f} {done['total']['currency']}"
    assert shopper.order_now(order["id"])["message"] == f"Your bank has given you {total} back."


def test_a_parcel_of_a_disputed_order_is_stopped_until_staff_send_it(shopper, system, books, cheap_sku):
    courier = system.service_url("sandbox", "/courier/faults/")
    httpx.post(courier, json={"mode": "down"}).raise_for_status()
    try:
        order = shopper.order((cheap_sku, 1), card="stripe:pm_card_visa")
        until(lambda: payment_is(shopper, order, "captured"), what="the charge")
        (intent,) = stripe_intents(books, order)
        happens_at_stripe(system, "dispute-opens", intent["id"])
        until(lambda: "keep your parcel here" in shopper.order_now(order["id"])["message"], what="the stop")
    finally:
        httpx.post(courier, json={"mode": "none"}).raise_for_status()
    until(lambda: shopper.order_now(order["id"])["fulfillment_status"] == "canceled", what="the stopped parcel")
    act(system, "finance", ORDERS, "release", order["id"], reason="The customer has called the bank")
    shopper.wait_for(order["id"], "delivered")


def test_two_parts_of_an_order_are_refunded_one_after_the_other(shopper, system, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="stripe:pm_card_visa")
    shopper.wait_for(order["id"], "delivered")
    (payment,) = with_payments(shopper, order)["payments"]
    page = f"{REFUNDS}add/?payment={payment['id']}"
    with at_desk(system, "finance", page) as browser:
        for sum_ in ("1.00", "0.50"):
            send(browser, page, payment=payment["id"], sum=sum_, reason="A scratch")
    (intent,) = stripe_intents(books, order)
    until(lambda: refunded_at_stripe(books, intent) == [100, 50], what="both refunds")
    until(lambda: payment_is(shopper, order, "partially_refunded"), what="the order knowing it")
    until(lambda: shopper.mail_about(order["number"], "0.50 EUR"), what="the mail about the second one")


def refunded_at_stripe(books, intent):
    return [one["amount"] for one in books("stripe")["refund"] if one["payment_intent"] == intent["id"]]


def test_an_order_by_a_card_that_was_saved_before(shopper, system, books, cheap_sku):
    saved = "/api/v1/payment-methods/saved/"
    secret = shopper.post(saved)["client_secret"]
    httpx.post(system.service_url("sandbox", f"/stripe/save/{secret}/")).raise_for_status()
    (card,) = shopper.get(saved)["results"]
    assert card["last4"] == "4242"
    order = shopper.order((cheap_sku, 1), card=f"stripe:{card['id']}")
    shopper.wait_for(order["id"], "delivered")
    assert [one["status"] for one in stripe_intents(books, order)] == ["succeeded"]
    shopper.call("DELETE", f"{saved}{card['id']}/")
    assert shopper.get(saved)["results"] == []
