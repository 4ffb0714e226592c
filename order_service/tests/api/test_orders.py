import json
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chassis import codec
from orders import clients
from orders.models import Order
from testkit.jobs import all_jobs
from testkit.plugin import Outbox
from testkit.project import queries_of
from tests.factories import MUG, SHIRT, a_catalog, a_quote, an_address, items, place

pytestmark = pytest.mark.django_db

ORDERS = "/api/v1/orders/"


def body(customer_id: UUID, **changes: object) -> dict:
    given = {
        "lines": [{"sku": SHIRT, "quantity": 2}, {"sku": MUG, "quantity": 1}],
        "shipping_quote": a_quote(customer_id),
        "shipping_address": codec.data_of(an_address()),
        "payment_method": "card_ok",
        "expected_subtotal": {"amount": 7248, "currency": "EUR"},
    }
    return {**given, **changes}


def key(text: str | None = None) -> dict:
    return {"HTTP_IDEMPOTENCY_KEY": text or str(uuid4())}


def test_an_order_is_accepted(api, customer_id: UUID) -> None:
    a_catalog()
    answer = api().post(ORDERS, body(customer_id), **key())
    assert answer.status_code == 202, answer.content
    order = answer.json()
    assert (order["status"], order["order_status"], order["payment"]) == ("pending", "pending", {"status": "pending"})
    assert order["total"] == {"amount": 7738, "currency": "EUR"}
    assert [line["sku"] for line in order["lines"]] == [MUG, SHIRT]
    assert answer["Location"].endswith(f"{ORDERS}{order['id']}/")
    again = api().get(f"{ORDERS}{order['id']}/")
    assert again.json() == order
    assert again["Cache-Control"] == "private, no-store"


def test_the_same_key_makes_one_order_and_one_answer(api, customer_id: UUID) -> None:
    a_catalog()
    asked = body(customer_id)
    first, second = (api().post(ORDERS, asked, **key("k1")) for _ in range(2))
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Order.objects.count() == 1
    other = api().post(ORDERS, body(customer_id, payment_method="card_2"), **key("k1"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_without_a_key_nothing_is_ordered(api, customer_id: UUID) -> None:
    a_catalog()
    assert api().post(ORDERS, body(customer_id)).status_code == 400
    assert not Order.objects.exists()


def test_a_changed_price_is_a_conflict_with_the_new_one(api, customer_id: UUID) -> None:
    a_catalog()
    answer = api().post(ORDERS, body(customer_id, expected_subtotal={"amount": 1, "currency": "EUR"}), **key())
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    assert answer.json()["subtotal"] == {"amount": 7248, "currency": "EUR"}


def test_without_the_keys_of_shipping_the_answer_is_try_again(api, customer_id: UUID, settings, tmp_path) -> None:
    a_catalog()
    settings.SHIPPING_JWKS_URL = (tmp_path / "nowhere.json").as_uri()
    answer = api().post(ORDERS, body(customer_id), **key())
    assert (answer.status_code, answer.json()["code"]) == (503, "shipping_keys_unavailable")


BAD = {
    "lines": [[], {}, "x", None, [None], [{"sku": "A"}], [{"sku": "A", "quantity": 0}], [{"sku": "A", "quantity": 100}],
              [{"sku": "A\x00", "quantity": 1}], [{"sku": "A" * 65, "quantity": 1}], [{"sku": "A", "quantity": True}],
              [{"sku": "A", "quantity": 10**30}], [{"sku": "A", "quantity": 1, "price": 1}]],
    "shipping_quote": [None, 1, [], {}, "", "x" * 20_000, "a\x00b", "a.b.c"],
    "shipping_address": [None, 1, [], {}, "x", {"country": "FR"}, codec.data_of(an_address(country="france"))],
    "payment_method": [None, [], "", "4111111111111111", "4111-1111-1111-1111", "a b", "x" * 101],
    "expected_subtotal": [None, 1, "72.48", {"amount": -1, "currency": "EUR"}, {"amount": 10**30, "currency": "EUR"},
                          {"amount": 1.5, "currency": "EUR"}, {"amount": 1, "currency": "eur"}],
    "total": [1],
}  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_bad_input_gets_a_problem_document_and_orders_nothing(api, customer_id: UUID, field: str, value) -> None:
    a_catalog()
    answer = api().post(ORDERS, body(customer_id, **{field: value}), **key())
    assert answer.status_code in {400, 422}, answer.content
    assert answer.json()["code"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("odd", ["1e400", '"\\ud800"', "[[[[[]]]]]", '{"a": {"b": 1e999}}'])
@pytest.mark.parametrize("field", ["lines", "shipping_quote", "shipping_address", "expected_subtotal"])
def test_odd_json_gets_a_problem_document(api, customer_id: UUID, field: str, odd: str) -> None:
    raw = json.dumps(body(customer_id, **{field: "ODD"})).replace('"ODD"', odd)
    answer = api().generic("POST", ORDERS, raw, content_type="application/json", **key())
    assert answer.status_code in {400, 422}, answer.content


@pytest.mark.parametrize("raw", ["", "[]", "1", "null", "{", '"x"', '{"lines": NaN}', "\xff"])
def test_a_body_that_is_no_object_gets_a_problem_document(api, raw: str) -> None:
    answer = api().generic("POST", ORDERS, raw.encode("latin-1"), content_type="application/json", **key())
    assert answer.status_code == 400, answer.content


def test_anothers_order_is_not_there(api, customer_id: UUID) -> None:
    order = place(customer_id)
    stranger = api(uuid4())
    missing = uuid4()
    for tail in ("", "timeline/"):
        theirs, none = (stranger.get(f"{ORDERS}{it}/{tail}") for it in (order.id, missing))
        assert (theirs.status_code, theirs.json()) == (404, none.json())
    for tail, asked in (("cancel/", {}), ("payment/", {"payment_method": "card_ok"})):
        theirs, none = (stranger.post(f"{ORDERS}{it}/{tail}", asked, **key()) for it in (order.id, missing))
        assert (theirs.status_code, theirs.json()) == (404, none.json())
    assert stranger.get(ORDERS).json()["results"] == []
    assert Order.objects.get().status == "pending"


def test_a_token_is_required(api) -> None:
    for path in (ORDERS, "/api/v1/cart/", "/api/v1/returns/", f"{ORDERS}{uuid4()}/"):
        assert api(None).get(path).status_code == 401


def test_the_list_is_filtered_and_paged_with_a_constant_number_of_queries(api, customer_id: UUID) -> None:
    client = api()
    place(customer_id)
    one = queries_of(connection, lambda: client.get(ORDERS))
    for _ in range(5):
        place(customer_id)
    assert queries_of(connection, lambda: client.get(ORDERS)) == one == 1
    page = client.get(ORDERS, {"page_size": 4}).json()
    assert len(page["results"]) == 4
    assert len(client.get(page["next"]).json()["results"]) == 2
    assert client.get(ORDERS, {"status": "canceled"}).json()["results"] == []
    assert client.get(ORDERS, {"status": "nonsense"}).status_code == 400
    assert len(client.get(ORDERS, {"status": "pending", "placed_after": "2000-01-01T00:00:00Z"}).json()["results"]) == 6


def test_the_detail_makes_one_query(api, customer_id: UUID) -> None:
    order = place(customer_id)
    client = api()
    assert queries_of(connection, lambda: client.get(f"{ORDERS}{order.id}/")) == 1


def test_a_declined_order_says_what_to_do_and_can_be_paid_another_way(
    api, customer_id: UUID, deliver, outbox: Outbox
) -> None:
    order = place(customer_id)
    about = {"order_id": str(order.id)}
    deliver("stock.reserved.v1", about)
    deliver("payment.action_required.v1", {**about, "attempt": 1, "action_url": "https://bank.example/1"})
    payment = api().get(f"{ORDERS}{order.id}/").json()["payment"]
    assert payment["action_url"] == "https://bank.example/1"
    deliver("payment.declined.v1", {**about, "attempt": 1, "code": "x", "message": "Insufficient funds"})
    payment = api().get(f"{ORDERS}{order.id}/").json()["payment"]
    assert (payment["status"], "action_url" in payment) == ("declined", False)
    assert "Insufficient funds" in payment["message"]
    answer = api().post(f"{ORDERS}{order.id}/payment/", {"payment_method": "card_ok"}, **key())
    assert (answer.status_code, answer.json()["payment_status"]) == (202, "pending")
    assert outbox.data("payment.authorize.v1")[1]["attempt"] == 2
    twice = api().post(f"{ORDERS}{order.id}/payment/", {"payment_method": "card_ok"}, **key())
    assert (twice.status_code, twice.json()["code"]) == (409, "payment_not_expected")


def test_the_timeline_tells_the_customers_steps_in_order(api, customer_id: UUID, deliver) -> None:
    order = place(customer_id)
    deliver("stock.reserved.v1", {"order_id": str(order.id)})
    api().post(f"{ORDERS}{order.id}/cancel/", {"reason": "Changed my mind"})
    timeline = api().get(f"{ORDERS}{order.id}/timeline/").json()
    assert [entry["sequence"] for entry in timeline] == [1, 2, 3]
    assert [entry["step"] for entry in timeline] == ["placed", "reserved", "canceling"]
    assert all(entry["message"] and entry["at"] for entry in timeline)


def test_a_dispatched_order_cannot_be_canceled(api, customer_id: UUID, deliver) -> None:
    order = place(customer_id)
    dispatched = {
        "order_id": str(order.id),
        "carrier": "Atlas",
        "tracking_number": "A1",
        "tracking_url": "",
        "dispatched_at": "2024-11-22T12:00:00Z",
    }
    deliver("shipment.dispatched.v1", dispatched)
    answer = api().post(f"{ORDERS}{order.id}/cancel/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "order_not_cancelable")


def test_shippings_keys_are_learned_outside_of_the_transaction() -> None:
    for odd in (None, 1, [], "x", "a.b.c"):
        clients.prefetch_signing_key(odd)
    assert items()


def test_metrics_count_orders_units_and_revenue(client, customer_id: UUID) -> None:
    place(customer_id)
    all_jobs()["job.work_out_figures"]()
    text = client.get("/metrics").content.decode()
    assert 'souk_orders{currency="EUR",status="pending"} 1.0' in text
    assert 'souk_units_sold{currency="EUR"} 0.0' in text


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-13-01T00:00:00Z"])
def test_a_moment_that_is_none_everywhere_narrows_nothing(api, moment: str) -> None:
    answer = api().get(ORDERS, {"placed_after": moment})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "placed_after")
