import pytest

from chassis.core.money import CurrencyMismatch, Money
from orders.domain.pricing import (
    NothingToOrder,
    PriceChanged,
    ProductUnavailable,
    TooMuch,
    check_expected,
    merged,
    priced_lines,
    prices_of,
)
from orders.events_out import Item
from tests.factories import MUG, SHIRT, euros, items, offers


def lines():
    return priced_lines(merged(items()), offers())


def test_tax_is_the_included_part_of_the_whole_order_rounded_once() -> None:
    prices = prices_of(lines(), shipping=euros(490))
    assert prices.subtotal == euros(7248)
    assert prices.total == euros(7738)
    assert prices.tax == euros(1290)  # 77.38 * 20 / 120 = 12.8966...


@pytest.mark.parametrize(("total", "tax"), [(0, 0), (1, 0), (2, 0), (3, 1), (6, 1), (9, 2), (100, 17), (9999, 1667)])
def test_tax_is_exact_to_the_cent(total: int, tax: int) -> None:
    assert prices_of((), shipping=euros(total)).tax == euros(tax)


def test_a_sku_that_is_named_twice_is_one_line() -> None:
    assert merged([*items(MUG=1), *items(MUG=2)]) == (Item(sku=MUG, quantity=3),)


def test_there_are_limits() -> None:
    with pytest.raises(NothingToOrder):
        merged([])
    with pytest.raises(TooMuch):
        merged([*items(MUG=60), *items(MUG=60)])
    with pytest.raises(TooMuch):
        merged([Item(sku=f"S{n}", quantity=1) for n in range(51)])


def test_a_product_that_is_not_sold_is_named() -> None:
    with pytest.raises(ProductUnavailable) as refusal:
        priced_lines([Item(sku="GONE", quantity=1)], offers())
    assert refusal.value.facts == {"skus": ["GONE"]}


def test_a_changed_price_is_told_line_by_line() -> None:
    seen = {SHIRT: euros(2500), MUG: euros(1250)}
    with pytest.raises(PriceChanged) as refusal:
        check_expected(lines(), euros(7248), expected=euros(6250), seen=seen)
    (changed,) = refusal.value.facts["lines"]
    assert changed["sku"] == SHIRT
    assert (changed["old_price"], changed["new_price"]) == (euros(2500).as_dict(), euros(2999).as_dict())


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        prices_of(lines(), shipping=Money(490, "USD"))
