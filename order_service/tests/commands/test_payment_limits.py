"""Payment attempts and unpaid orders are limited per order, account and client, also when concurrent."""

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from orders import commands
from orders.domain.limits import (
    PaymentAttemptsUsedUp,
    TooManyPaymentAttempts,
    TooManyUnpaidOrders,
    network_of,
)
from orders.models import Order, PayingClient, PaymentAttempt
from tests.factories import place
from tests.together import at_once

pytestmark = pytest.mark.django_db


def declined(deliver, order, attempt: int = 1) -> None:
    about = {"order_id": str(order.id)}
    deliver("stock.reserved.v1", about)
    deliver("payment.declined.v1", {**about, "attempt": attempt, "code": "x", "message": "No"})


def pay_again(order, **given: object):
    return commands.pay_another_way(
        order_id=order.id,
        customer_id=order.customer_id,
        payment_method="card_2",
        **{"now": timezone.now(), **given},
    )


def test_an_order_has_so_many_attempts(customer_id: UUID, deliver, settings) -> None:
    settings.PAYMENT_ATTEMPTS_PER_ORDER = 3
    order = place(customer_id)
    for attempt in (1, 2):
        declined(deliver, order, attempt)
        pay_again(order)
    declined(deliver, order, 3)
    with pytest.raises(PaymentAttemptsUsedUp):
        pay_again(order)
    assert Order.objects.get().attempt == 3


def test_an_account_has_so_many_attempts_in_a_window_over_all_its_orders(customer_id: UUID, deliver, settings) -> None:
    settings.PAYMENT_ATTEMPTS_PER_ACCOUNT = 4
    first, second = place(customer_id), place(customer_id)
    declined(deliver, first)
    declined(deliver, second)
    pay_again(first)
    pay_again(second)
    declined(deliver, second, 2)
    with pytest.raises(TooManyPaymentAttempts) as refusal:
        pay_again(second)
    assert 0 < refusal.value.facts["retry_after"] <= 3600
    with pytest.raises(TooManyPaymentAttempts):
        place(customer_id)
    assert place(uuid4()).attempt == 1
    assert place(customer_id, now=timezone.now() + timedelta(seconds=3601)).attempt == 1


def test_a_client_has_so_many_attempts_with_however_many_accounts(settings) -> None:
    settings.PAYMENT_ATTEMPTS_PER_CLIENT = 3
    for _ in range(3):
        place(uuid4(), client="one")
    with pytest.raises(TooManyPaymentAttempts):
        place(uuid4(), client="one")
    place(uuid4(), client="another")
    assert (Order.objects.count(), PayingClient.objects.count()) == (4, 2)


def test_attempts_that_are_approved_do_not_count(customer_id: UUID, deliver, settings) -> None:
    settings.PAYMENT_ATTEMPTS_PER_ACCOUNT, settings.UNPAID_ORDERS_PER_ACCOUNT = 2, 1
    for _ in range(4):
        order = place(customer_id)
        about = {"order_id": str(order.id)}
        deliver("stock.reserved.v1", about)
        total = {"amount": order.total.amount, "currency": "EUR"}
        deliver("payment.authorized.v1", {**about, "attempt": 1, "amount": total})
    assert PaymentAttempt.objects.count() == 0


def test_an_account_has_so_many_unpaid_orders(customer_id: UUID, deliver, settings) -> None:
    settings.UNPAID_ORDERS_PER_ACCOUNT = 2
    order = place(customer_id)
    place(customer_id)
    with pytest.raises(TooManyUnpaidOrders):
        place(customer_id)
    declined(deliver, order)
    pay_again(order)
    with pytest.raises(TooManyUnpaidOrders):
        place(customer_id)
    commands.cancel_order(order_id=order.id, customer_id=customer_id, detail="", now=timezone.now())
    assert place(customer_id).attempt == 1


def test_a_client_has_so_many_unpaid_orders(settings) -> None:
    settings.UNPAID_ORDERS_PER_CLIENT = 2
    for _ in range(2):
        place(uuid4(), client="one")
    with pytest.raises(TooManyUnpaidOrders):
        place(uuid4(), client="one")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["PAYMENT_ATTEMPTS_PER_ACCOUNT", "UNPAID_ORDERS_PER_ACCOUNT"])
def test_the_limits_of_an_account_are_exact_when_many_orders_come_at_once(
    customer_id: UUID, settings, limit: str
) -> None:
    setattr(settings, limit, 3)
    place(customer_id)
    ended = at_once([partial(place, customer_id, client=str(number)) for number in range(6)])
    assert ended["done"] == 2
    assert Order.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["PAYMENT_ATTEMPTS_PER_CLIENT", "UNPAID_ORDERS_PER_CLIENT"])
def test_the_limits_of_a_client_are_exact_when_many_accounts_come_at_once(settings, limit: str) -> None:
    setattr(settings, limit, 3)
    place(uuid4(), client="one")
    ended = at_once([partial(place, uuid4(), client="one") for _ in range(6)])
    assert ended["done"] == 2
    assert Order.objects.count() == 3


def test_the_api_says_when_to_try_again(api, customer_id: UUID, deliver, settings) -> None:
    settings.PAYMENT_ATTEMPTS_PER_CLIENT = 1
    order = place(customer_id)
    declined(deliver, order)
    given = {"HTTP_IDEMPOTENCY_KEY": "k1", "HTTP_X_REAL_IP": "192.0.2.7"}
    path = f"/api/v1/orders/{order.id}/payment/"
    assert api().post(path, {"payment_method": "card_2"}, **given).status_code == 202
    declined(deliver, order, 2)
    given["HTTP_IDEMPOTENCY_KEY"] = "k2"
    refused = api().post(path, {"payment_method": "card_3"}, **given)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_payment_attempts")
    assert int(refused["Retry-After"]) == refused.json()["retry_after"] > 0
    settings.PAYMENT_ATTEMPTS_PER_CLIENT = 9
    assert api().post(path, {"payment_method": "card_3"}, **given).status_code == 202


def test_old_attempts_are_forgotten(customer_id: UUID) -> None:
    order = place(customer_id, client="one")
    commands.cancel_order(order_id=order.id, customer_id=customer_id, detail="", now=timezone.now())
    still_open = place(customer_id, client="one")
    commands.forget_attempts(now=timezone.now() + timedelta(days=2))
    assert list(PaymentAttempt.objects.values_list("order_id", flat=True)) == [still_open.id]
    assert not PayingClient.objects.exists()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("x" * 10_000, ""),
        ("", ""),
    ],
)
def test_a_client_is_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_cards_token_is_forgotten_once_the_payment_is_decided(customer_id: UUID, deliver) -> None:
    order = place(customer_id)
    declined(deliver, order)
    assert Order.objects.get().payment_method == ""
    pay_again(order)
    assert Order.objects.get().payment_method == "card_2"
    total = {"amount": order.total.amount, "currency": "EUR"}
    deliver("payment.authorized.v1", {"order_id": str(order.id), "attempt": 2, "amount": total})
    assert Order.objects.get().payment_method == ""
    canceled = place(customer_id)
    commands.cancel_order(order_id=canceled.id, customer_id=customer_id, detail="", now=timezone.now())
    assert Order.objects.get(id=canceled.id).payment_method == ""
