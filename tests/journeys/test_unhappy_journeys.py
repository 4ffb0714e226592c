"""Unhappy journeys reach the right state and tell the customer why. Money is counted in the processor's records."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from run.shopper import ADDRESS, Refused, until

from tests.journeys.desk import ORDERS, REFUNDS, act
from tests.journeys.money import Money, money_of


@pytest.fixture
def available(shopper):
    """`available(sku)`: the units that can be sold."""
    return shopper.available


def wait_for_stock(available, sku, units):
    until(lambda: available(sku) == units, what=f"{units} units of {sku}; there are {available(sku)}")


def test_one_line_of_several_is_out_of_stock(shopper, books, available, cheap_sku):
    before = available(cheap_sku)
    light = [sku for sku, variant in shopper.variants().items() if variant["weight_grams"] < 250 and sku != cheap_sku]
    scarce = min(light, key=available)
    left = available(scarce)
    order = shopper.order((cheap_sku, 1), (scarce, left + 1))
    canceled = shopper.wait_for(order["id"], "canceled")
    assert f"only {left} of {left + 1} are left" in canceled["message"]
    assert money_of(books, order["id"]) == Money(0, 0, 0, 0)
    wait_for_stock(available, cheap_sku, before)
    until(lambda: shopper.mail_about("canceled"), what="the mail that says why")


def test_a_declined_card_and_then_a_good_one(shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="card_declined")
    declined = until(lambda: payment_is(shopper, order, "declined"), what="the decline")
    assert declined["payment"]["pay_until"]
    assert declined["message"]
    shopper.post(f"/api/v1/orders/{order['id']}/payment/", {"payment_method": "card_ok"}, key=uuid4().hex)
    paid = shopper.wait_for(order["id"], "processing", "shipped", "delivered")
    until(lambda: money_of(books, order["id"]).captured == paid["total"]["amount"], what="the charge")
    assert money_of(books, order["id"]).captures == 1


def payment_is(shopper, order, status):
    now = shopper.order_now(order["id"])
    return now if now["payment"]["status"] == status else None


def test_a_card_that_asks_for_another_step_and_is_confirmed(shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1), card="card_action_required")
    waiting = until(lambda: payment_is(shopper, order, "action_required"), what="the question")
    url = waiting["payment"]["action_url"]
    assert httpx.get(url).status_code == 200, "the page that the buyer sees"
    httpx.post(f"{url}confirm/").raise_for_status()
    done = shopper.wait_for(order["id"], "delivered")
    assert money_of(books, order["id"]) == Money(done["total"]["amount"], 1, 0, 0)


def test_the_same_never_confirmed_is_canceled_and_a_late_confirmation_is_not_charged(
    shopper, books, available, cheap_sku
):
    before = available(cheap_sku)
    order = shopper.order((cheap_sku, 2), card="card_action_required")
    waiting = until(lambda: payment_is(shopper, order, "action_required"), what="the question")
    canceled = shopper.wait_for(order["id"], "canceled", seconds=60)
    assert canceled["message"]
    wait_for_stock(available, cheap_sku, before)
    httpx.post(f"{waiting['payment']['action_url']}confirm/")
    until(lambda: books_are_even(books, order["id"]), what="nothing left charged")
    assert shopper.order_now(order["id"])["status"] == "canceled"


def books_are_even(books, order_id):
    money = money_of(books, order_id)
    return money.captured == money.refunded


@pytest.mark.parametrize("card", ["card_timeout", "card_capture_timeout"])
def test_a_provider_that_times_out_after_the_work_charges_once(shopper, books, cheap_sku, card):
    order = shopper.order((cheap_sku, 1), card=card)
    done = shopper.wait_for(order["id"], "delivered", seconds=120)
    assert money_of(books, order["id"]) == Money(done["total"]["amount"], 1, 0, 0)
    authorized = [each for each in books("payments")["authorizations"] if each["order_id"] == order["id"]]
    assert len(authorized) == 1


def test_a_capture_that_fails_gives_everything_back(shopper, books, available, cheap_sku):
    before = available(cheap_sku)
    order = shopper.order((cheap_sku, 1), card="card_capture_fails")
    canceled = shopper.wait_for(order["id"], "canceled")
    assert canceled["message"]
    assert money_of(books, order["id"]).captured == 0
    wait_for_stock(available, cheap_sku, before)


def test_canceled_while_waiting_for_the_payment_nothing_is_charged(shopper, books, available, cheap_sku):
    before = available(cheap_sku)
    order = shopper.order((cheap_sku, 1), card="card_action_required")
    until(lambda: payment_is(shopper, order, "action_required"), what="the question")
    shopper.post(f"/api/v1/orders/{order['id']}/cancel/", {"reason": "changed_my_mind"})
    shopper.wait_for(order["id"], "canceled")
    assert money_of(books, order["id"]).captured == 0
    wait_for_stock(available, cheap_sku, before)


def test_canceled_after_payment_before_dispatch_is_refunded(system, shopper, books, available, cheap_sku):
    before = available(cheap_sku)
    courier = system.service_url("sandbox", "/courier/faults/")
    httpx.post(courier, json={"mode": "down"}).raise_for_status()
    try:
        order = shopper.order((cheap_sku, 3))
        until(lambda: money_of(books, order["id"]).captures, what="the charge")
        until(lambda: shopper.order_now(order["id"])["payment_status"] == "captured", what="the order knowing it")
        shopper.post(f"/api/v1/orders/{order['id']}/cancel/", {"reason": "changed_my_mind"})
    finally:
        httpx.post(courier, json={"mode": "none"}).raise_for_status()
    canceled = shopper.wait_for(order["id"], "canceled")
    money = money_of(books, order["id"])
    assert money.captured == money.refunded == canceled["total"]["amount"]
    wait_for_stock(available, cheap_sku, before)
    parcels = [each for each in books("courier")["shipments"] if each["reference"] == f"order-{order['id']}"]
    assert all(each["status"] == "canceled" for each in parcels)


def test_a_return_after_delivery_with_a_partial_refund(shopper, books, available, cheap_sku):
    before = available(cheap_sku)
    order = shopper.order((cheap_sku, 3))
    shopper.wait_for(order["id"], "delivered")
    wait_for_stock(available, cheap_sku, before - 3)
    asked = {"order_id": order["id"], "lines": [{"sku": cheap_sku, "quantity": 1}], "reason": "damaged"}
    made = shopper.post("/api/v1/returns/", asked, key=uuid4().hex)
    until(lambda: shopper.get(f"/api/v1/returns/{made['id']}/")["status"] == "refunded", what="the refund", seconds=60)
    line = order["lines"][0]
    assert money_of(books, order["id"]).refunded == line["unit_price"]["amount"]
    wait_for_stock(available, cheap_sku, before - 2)
    with pytest.raises(Refused):
        shopper.post("/api/v1/returns/", {**asked, "lines": [{"sku": cheap_sku, "quantity": 3}]}, key=uuid4().hex)


def test_a_refund_that_the_bank_refuses_is_made_again_when_staff_say_so(system, shopper, books, cheap_sku):
    order = shopper.order((cheap_sku, 1))
    shopper.wait_for(order["id"], "delivered")
    bank = system.service_url("sandbox", "/payments/faults/")
    httpx.post(bank, json={"mode": "refuse", "operation": "refund", "count": 1}).raise_for_status()
    asked = {"order_id": order["id"], "lines": [{"sku": cheap_sku, "quantity": 1}], "reason": "damaged"}
    made = shopper.post("/api/v1/returns/", asked, key=uuid4().hex)

    def refund():
        return next(iter(shopper.get(f"/api/v1/refunds/?order_id={order['id']}")["results"]), {})

    until(lambda: refund().get("status") == "failed", what="the refusal", seconds=60)
    assert money_of(books, order["id"]).refunded == 0
    act(system, "finance", REFUNDS, "try_again", refund()["id"])
    until(lambda: shopper.get(f"/api/v1/returns/{made['id']}/")["status"] == "refunded", what="the refund", seconds=60)
    assert money_of(books, order["id"]).refunded == order["total"]["amount"], "all came back, so the shipping too"


def test_a_parcel_that_comes_back_is_refunded_and_restocked_by_staff(system, shopper, books, available, cheap_sku):
    before = available(cheap_sku)
    order = shopper.order((cheap_sku, 2), shipping_address={**ADDRESS, "name": "Nobody Home"})
    stranded = until(lambda: is_stranded(shopper, order), what="the parcel that came back", seconds=60)
    assert "came back to us" in stranded["message"]
    wait_for_stock(available, cheap_sku, before - 2)
    act(system, "support", ORDERS, "refund_and_restock", order["id"], reason="Moved away")
    canceled = shopper.wait_for(order["id"], "canceled")
    assert "came back to us" in canceled["message"]
    money = money_of(books, order["id"])
    assert money.captured == money.refunded == canceled["total"]["amount"]
    wait_for_stock(available, cheap_sku, before)


def is_stranded(shopper, order):
    now = shopper.order_now(order["id"])
    return now if now["fulfillment_status"] == "returned_to_sender" else None


def test_a_price_that_differs_from_what_the_customer_saw_is_refused_with_the_new_one(shopper, cheap_sku):
    seen = {"amount": shopper.price(cheap_sku) - 1, "currency": "EUR"}
    with pytest.raises(Refused) as refusal:
        shopper.order((cheap_sku, 1), expected_subtotal=seen)
    assert (refusal.value.status, refusal.value.code) == (409, "price_changed")
    assert refusal.value.problem["subtotal"]["amount"] == shopper.price(cheap_sku)
    assert shopper.get("/api/v1/orders/")["results"] == []


def test_a_forged_quote_is_refused(shopper, cheap_sku):
    lines = [{"sku": cheap_sku, "quantity": 1}]
    quote = shopper.quote(lines)["quote"]
    head, body, signature = quote.split(".")
    with pytest.raises(Refused) as refusal:
        shopper.order((cheap_sku, 1), shipping_quote=f"{head}.{body[:-2]}AA.{signature}")
    assert refusal.value.status == 422
    with pytest.raises(Refused):
        shopper.order((cheap_sku, 2), shipping_quote=quote)


def test_the_same_key_many_times_makes_one_order(shopper, cheap_sku):
    from concurrent.futures import ThreadPoolExecutor

    wanted = [{"sku": cheap_sku, "quantity": 1}]
    body = {
        "lines": wanted,
        "shipping_quote": shopper.quote(wanted)["quote"],
        "shipping_address": ADDRESS,
        "payment_method": "card_ok",
        "expected_subtotal": shopper.subtotal(wanted),
    }

    def place(_):
        try:
            return shopper.post("/api/v1/orders/", body, key="the same key")["id"]
        except Refused as refusal:
            assert refusal.code == "request_still_running"
            return None

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(place, range(200))) - {None}
    assert len(answers) == 1
    assert len(shopper.get("/api/v1/orders/")["results"]) == 1


def test_somebody_elses_order_looks_like_a_missing_one(system, shopper, cheap_sku):
    from run.shopper import new_shopper

    order = shopper.order((cheap_sku, 1))
    stranger = new_shopper(system.url(""), system.service_url("sandbox", ""))
    for path in (f"/api/v1/orders/{order['id']}/", f"/api/v1/orders/{order['id']}/timeline/"):
        answers = []
        for target in (path, path.replace(order["id"], str(uuid4()))):
            with pytest.raises(Refused) as refusal:
                stranger.get(target)
            answers.append((refusal.value.status, refusal.value.code, refusal.value.problem["detail"]))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
