"""Money, messages and the environment, without a database."""

import operator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from babel.core import get_global
from babel.numbers import get_currency_precision

from chassis import codec
from chassis.codec import UnreadableMessage
from chassis.core.env import BadEnvironment, Env
from chassis.core.messages import event, message_type
from chassis.core.money import AmountNotReadable, CurrencyMismatch, Money, exponent, total
from chassis.logs import HIDDEN, redact
from chassis.settings import allowed_hosts


def test_money_of_two_currencies_cannot_be_added():
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.sub, max, min])
def test_money_of_two_currencies_cannot_be_compared(compare):
    with pytest.raises(CurrencyMismatch):
        compare(Money(1, "EUR"), Money(2, "USD"))


def test_money_of_two_currencies_is_never_equal():
    assert Money(1, "EUR") != Money(1, "USD")
    assert sorted([Money(3, "EUR"), Money(-1, "EUR")]) == [Money(-1, "EUR"), Money(3, "EUR")]


def test_a_sum_over_two_currencies_is_refused():
    with pytest.raises(CurrencyMismatch):
        total([Money(1, "EUR"), Money(1, "JPY")], currency="EUR")


MANY = 10**30 + 1


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1999, "EUR", "19.99"), (5, "EUR", "0.05"), (-5, "EUR", "-0.05"), (0, "EUR", "0.00"), (500, "JPY", "500"),
        (-1, "JPY", "-1"), (1234, "KWD", "1.234"), (5, "BHD", "0.005"), (12345, "CLF", "1.2345"), (500, "ISK", "500"),
        (MANY, "EUR", f"1{'0' * 28}.01"),
    ],
)  # fmt: skip
def test_money_is_written_with_the_decimals_of_its_currency(amount, currency, text):
    assert str(Money(amount, currency)) == f"{text} {currency}"
    assert amount == MANY or Money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.5", "JPY"), ("1.999", "EUR"), ("1.2345", "KWD"), ("NaN", "EUR"), ("Infinity", "EUR"), ("", "EUR"),
     ("x", "EUR"), ("1,50", "EUR"), ("1e9999999", "EUR")],
)  # fmt: skip
def test_an_amount_that_the_currency_cannot_hold_is_refused_not_rounded(text, currency):
    with pytest.raises(AmountNotReadable):
        Money.parse(text, currency)


#: Currencies without small coins in use: CLDR shows them without decimals, ISO 4217 has decimals.
SHOWN_WITHOUT_DECIMALS = {"AFN", "ALL", "IQD", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"}


def test_the_decimals_of_every_currency_in_use_are_those_of_babel():
    wrong = {
        code: (exponent(code), get_currency_precision(code))
        for code in {code for codes in get_global("territory_currencies").values() for code, *_, end, tender in codes
                     if end is None and tender} - SHOWN_WITHOUT_DECIMALS
        if exponent(code) != get_currency_precision(code)
    }  # fmt: skip
    assert wrong == {}


def test_a_share_is_rounded_half_up_to_the_cent():
    assert Money(999, "EUR").share(20, 120) == Money(167, "EUR")  # 166.5
    assert Money(100, "EUR").share(1, 3) == Money(33, "EUR")


def test_the_total_of_nothing_is_zero():
    assert total([], currency="EUR") == Money(0, "EUR")


@event("order.placed.v1", subject="order_id")
class OrderPlaced:
    order_id: UUID
    total: Money


@dataclass(frozen=True, kw_only=True)
class WhatIRead:
    order_id: UUID


def test_a_consumer_reads_what_it_names_and_ignores_the_rest():
    order_id = uuid4()
    data = codec.data_of(OrderPlaced(order_id=order_id, total=Money(5, "EUR")))
    assert data == {"order_id": str(order_id), "total": {"amount": 5, "currency": "EUR"}}
    assert codec.read(data, WhatIRead) == WhatIRead(order_id=order_id)


def test_a_missing_field_is_named():
    with pytest.raises(UnreadableMessage, match="order_id"):
        codec.read({"total": 5}, WhatIRead)


def test_a_message_type_has_noun_verb_and_version():
    with pytest.raises(ValueError, match=r"noun\.verb\.v1"):
        event("orderPlaced", subject="order_id")
    assert message_type(OrderPlaced).name == "order.placed.v1"
    with pytest.raises(TypeError):
        message_type(WhatIRead)


def test_the_subject_must_be_a_field():
    with pytest.raises(ValueError, match="no field"):

        @event("order.lost.v1", subject="order")
        class OrderLost:
            order_id: UUID


def test_production_refuses_development_defaults():
    env = Env({"SOUK_ENV": "production"})
    with pytest.raises(BadEnvironment, match="SECRET_KEY must be set"):
        env.text("SECRET_KEY", "development", unsafe=True)
    assert Env({}).text("SECRET_KEY", "development", unsafe=True) == "development"


def test_a_process_may_always_be_called_by_its_own_address():
    named = {"SOUK_ENV": "production", "ALLOWED_HOSTS": "shop.example, users", "INSTANCE_ADDRESS": "10.0.0.5:8101"}
    assert allowed_hosts(Env(named)) == ["shop.example", "users", "10.0.0.5"]
    assert allowed_hosts(Env({})) == ["*"]
    with pytest.raises(BadEnvironment, match="ALLOWED_HOSTS must be set"):
        allowed_hosts(Env({"SOUK_ENV": "production"}))


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda e: e.integer("X", 1), "one"),
        (lambda e: e.flag("X", True), "maybe"),
        (lambda e: e.seconds("X", 1), "soon"),
    ],
)
def test_a_bad_variable_is_named_with_what_was_expected(read, value):
    with pytest.raises(BadEnvironment, match=f"X must be .*{value}"):
        read(Env({"X": value}))


def test_several_providers_are_each_one_of_those_that_there_are():
    def providers(text, **more):
        return Env({"X": text, **more}).providers("X", "sandbox", among=("sandbox", "stripe"))

    assert (providers(""), providers("stripe, sandbox,stripe")) == (["sandbox"], ["stripe", "sandbox"])
    for wrong, more in (
        ("strype", {}),
        (",", {}),
        ("stripe,sandbox", {"SOUK_ENV": "production"}),
        ("", {"SOUK_ENV": "staging"}),
    ):
        with pytest.raises(BadEnvironment, match=r"X (is|names|must)"):
            providers(wrong, **more)


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl",
        "4242 4242 4242 4242",
        "sk_live_abcdefghijkl",
        "postgres://souk:hunter2@db/orders",
    ],
)
def test_logs_hide_secrets_wherever_they_stand(text):
    line = redact(None, "info", {"event": f"got {text} here", "password": "hunter2", "nested": {"token": "abc"}})
    assert text not in line["event"]
    assert HIDDEN in line["event"]
    assert line["password"] == HIDDEN
    assert line["nested"] == {"token": HIDDEN}
