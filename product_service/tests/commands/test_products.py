import json
from uuid import uuid4

import pytest
from django.urls import reverse
from tests.factories import NOON, a_category, a_draft, a_product, a_variant, stock_of

from products import commands
from products.api.urls import urlpatterns
from products.domain.catalog import (
    RESERVED_SLUGS,
    CategoryInsideItself,
    CategoryUnknown,
    ProductNotValid,
    cents,
    option_terms,
    summary,
)
from products.domain.ledger import StockNotMoved, StockTooLow
from products.models import Category, Product, StockItem, StockMovement

pytestmark = pytest.mark.django_db


def test_a_new_product_is_told_whole(outbox):
    a_product(variants=[a_variant("AA", options={"size": "L"}), a_variant("BB", price=500, active=False)])
    told = outbox.one("product.changed.v1")
    assert (told["slug"], told["category"], told["active"]) == ("brass-lamp", "lamps", True)
    assert told["variants"][0] == {
        "sku": "AA",
        "name": "",
        "options": {"size": "L"},
        "price": {"amount": 1999, "currency": "EUR"},
        "weight_grams": 400,
        "active": True,
    }
    assert not told["variants"][1]["active"]


def test_an_unchanged_product_is_not_announced_again(outbox):
    a_product()
    outbox.clear()
    assert commands.put_product(a_draft(variants=[a_variant("BRASS-LAMP")]), now=NOON)[1] is False
    assert outbox.types() == []


def test_a_change_shows_at_once_and_is_told(outbox):
    product = a_product()
    outbox.clear()
    commands.put_product(a_draft(variants=[a_variant("BRASS-LAMP", price=2499)]), now=NOON)
    assert outbox.one("product.changed.v1")["variants"][0]["price"]["amount"] == 2499
    changed = Product.objects.get(id=product.id)
    assert (changed.price_from, json.loads(changed.card)["price_from"]["amount"]) == (2499, 2499)


def test_a_variant_that_is_not_named_any_more_is_not_sold_any_more(outbox):
    a_product(variants=[a_variant("AA"), a_variant("BB", price=100)], units=1)
    commands.put_product(a_draft(variants=[a_variant("AA")]), now=NOON)
    assert Product.objects.get().price_from == 1999
    told = {one["sku"]: one["active"] for one in outbox.data("product.changed.v1")[-1]["variants"]}
    assert told == {"AA": True, "BB": False}


def test_a_product_whose_stock_lies_in_inactive_variants_is_out_of_stock():
    a_product(variants=[a_variant("AA")], units=1)
    commands.put_product(a_draft(variants=[a_variant("BB")]), now=NOON)
    assert not Product.objects.get().in_stock


def test_deactivating_tells_every_product_that_was_active(outbox):
    one, other = a_product("one"), a_product("two")
    outbox.clear()
    ids = [one.id, other.id]
    assert commands.set_active(product_ids=ids, active=False, now=NOON) == 2
    assert commands.set_active(product_ids=ids, active=False, now=NOON) == 0
    assert [one["active"] for one in outbox.data("product.changed.v1")] == [False, False]


def test_the_whole_catalog_can_be_told_again(outbox):
    a_product("one")
    a_product("two")
    outbox.clear()
    assert commands.announce_catalog() == 2
    assert len(outbox.data("product.changed.v1")) == 2


def test_a_catalog_of_several_batches_is_changed_whole(outbox, monkeypatch):
    monkeypatch.setattr("products.commands.catalog._AT_A_TIME", 2)
    ids = [a_product(f"lamp-{n}").id for n in range(5)]
    commands.put_category(slug="lamps", name="Lights")
    assert [json.loads(one.card)["category"]["name"] for one in Product.objects.all()] == ["Lights"] * 5
    outbox.clear()
    assert commands.set_active(product_ids=ids, active=False, now=NOON) == 5
    assert commands.announce_catalog() == 5
    told = sorted(one["slug"] for one in outbox.data("product.changed.v1"))
    assert told == sorted([f"lamp-{n}" for n in range(5)] * 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "Not A Slug"},
        {"name": " "},
        {"variants": [a_variant("aa")]},
        {"variants": [a_variant("AA"), a_variant("AA")]},
        {"variants": [a_variant("AA", price=0)]},
        {"variants": [a_variant("AA", price=10**9)]},
        {"variants": [a_variant("AA", weight_grams=-1)]},
        {"variants": [a_variant("AA", weight_grams=0)]},
        {"variants": [a_variant("AA", options={"color": ""})]},
    ],
)
def test_a_product_that_cannot_be_sold_is_refused_and_nothing_is_told(outbox, wrong):
    a_category()
    with pytest.raises(ProductNotValid):
        commands.put_product(a_draft(**wrong), now=NOON)
    assert (Product.objects.count(), outbox.types()) == (0, [])


def test_a_sku_belongs_to_one_product():
    a_product("one", variants=[a_variant("AA")])
    with pytest.raises(ProductNotValid):
        commands.put_product(a_draft("two", variants=[a_variant("AA")]), now=NOON)
    assert Product.objects.count() == 1


def test_a_category_must_be_known():
    with pytest.raises(CategoryUnknown):
        commands.put_product(a_draft(category="nowhere"), now=NOON)
    with pytest.raises(CategoryUnknown):
        a_category("lamps", parent="nowhere")


def test_a_moved_category_takes_everything_below_it_along():
    a_category("home")
    a_category("sale")
    a_category("light", parent="home")
    a_category("lamps", parent="light")
    product = a_product()
    a_category("light", parent="sale")
    assert Category.objects.get(slug="lamps").path == "sale/light/lamps/"
    page = json.loads(Product.objects.get(id=product.id).page)
    assert [one["slug"] for one in page["categories"]] == ["sale", "light", "lamps"]


def test_a_category_cannot_lie_under_itself():
    a_category("home")
    a_category("lamps", parent="home")
    with pytest.raises(CategoryInsideItself):
        a_category("home", parent="lamps")
    assert Category.objects.get(slug="home").path == "home/"


def test_an_adjustment_says_who_and_why():
    a_product(variants=[a_variant("AA")])
    commands.adjust_stock(units={"AA": 5}, note=" Delivery 7 ", actor="ann@souk.test", now=NOON)
    commands.adjust_stock(units={"AA": -2}, note="Broken", actor="ann@souk.test", now=NOON)
    assert stock_of("AA") == (3, 0)
    assert list(StockMovement.objects.order_by("id").values_list("source", "target", "quantity", "actor", "note")) == [
        ("outside", "available", 5, "ann@souk.test", "Delivery 7"),
        ("available", "outside", 2, "ann@souk.test", "Broken"),
    ]


@pytest.mark.parametrize(
    ("units", "note", "error"),
    [
        ({"AA": -4}, "Broken", StockTooLow),
        ({"AA": 0}, "?", StockNotMoved),
        ({"AA": 1}, " ", StockNotMoved),
        ({"ZZ": 1}, "New", StockTooLow),
    ],
)
def test_an_adjustment_that_cannot_be_moves_nothing(units, note, error):
    a_product(variants=[a_variant("AA")], units=3)
    with pytest.raises(error):
        commands.adjust_stock(units=units, note=note, actor="ann", now=NOON)
    assert stock_of("AA") == (3, 0)
    assert StockMovement.objects.count() == 1


def test_units_that_are_held_cannot_be_taken_away():
    from uuid import uuid4

    a_product(variants=[a_variant("AA")], units=3)
    commands.reserve_stock(order_id=uuid4(), lines=[("AA", 2)], hold_seconds=60, now=NOON)
    with pytest.raises(StockTooLow):
        commands.adjust_stock(units={"AA": -2}, note="Lost", actor="ann", now=NOON)
    assert stock_of("AA") == (3, 2)


def test_the_recount_names_what_was_changed_by_hand():
    a_product(variants=[a_variant("AA"), a_variant("BB")], units=3)
    commands.check_ledger()
    StockItem.objects.filter(sku="BB").update(on_hand=4)
    with pytest.raises(commands.LedgerMismatch, match="BB"):
        commands.check_ledger()


def test_prices_are_read_without_floats():
    assert [cents(text) for text in ("19.99", "7", "0.5", "1234.05")] == [1999, 700, 50, 123405]
    for wrong in ("", "1,5", "-1", "1e3", "1.999", "NaN", "9999999"):
        with pytest.raises(ProductNotValid):
            cents(wrong)


def test_options_are_stored_to_be_found():
    assert option_terms({"size": "L", "color": "Deep | Blue"}) == "|color=deep / blue|size=l|"
    assert option_terms({}) == ""


def test_a_summary_is_a_sentence_or_whole_words():
    assert summary("First one. Second one.\nMore.") == "First one."
    assert len(summary("word " * 100)) <= 160
    assert summary("word " * 100).endswith("word…")


@pytest.mark.parametrize("slug", ["search", str(uuid4()), uuid4().hex, "A_B", "a--b", "-a", "ü", "a/b", "a.b"])
def test_no_slug_is_taken_that_cannot_be_opened_or_that_a_route_shadows(staff, slug):
    a_category()
    with pytest.raises(ProductNotValid):
        commands.put_product(a_draft(slug, variants=[a_variant("AA")]), now=NOON)
    with pytest.raises(ProductNotValid):
        a_category(slug)
    answer = staff().post(reverse("admin:products_category_add"), {"name": "X", "slug": slug, "position": 0})
    assert (answer.status_code, Category.objects.count()) == (200, 1)


def test_every_word_that_a_route_shadows_is_known():
    routes = [str(one.pattern).split("/") for one in urlpatterns]
    beside = {parts[1] for parts in routes if parts[0] == "products" and parts[1:] and "<" not in parts[1]}
    assert beside - {""} == RESERVED_SLUGS


@pytest.mark.parametrize("letter", ["e\u0301", "न\u093f", "👨‍👩‍👧", "絹"])
def test_a_summary_ends_with_a_whole_letter(letter):
    assert summary(letter * 300) == letter * 159 + "…"
