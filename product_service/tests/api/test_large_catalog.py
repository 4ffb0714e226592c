"""What a large catalog reads in another way is the same as in a small one. The limits are lowered here."""

import pytest
from django.core.management import call_command
from django.test import Client
from tests.factories import NOON, a_category, a_draft, a_product, a_variant

from products import commands
from products.models import Category, Product, SearchEntry
from products.queries import categories, lists, searches
from products.repository import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def large(monkeypatch):
    """Everything counts as many."""
    monkeypatch.setattr(searches, "MOST_RANKED", 2)
    monkeypatch.setattr(categories, "MOST_COUNTED", 2)


def get(path, **query):
    answer = Client().get(f"/api/v1{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def all_pages(path, **query):
    page = get(path, **query)
    found = [one["slug"] for one in page["results"]]
    while page["next"]:
        page = Client().get(page["next"]).json()
        found += [one["slug"] for one in page["results"]]
    return found


@pytest.fixture
def shop():
    a_category("home")
    for slug in ("lamps", "rugs", "chairs"):
        a_category(slug, parent="home")
    a_category("garden")
    for number, category in enumerate(("lamps", "rugs", "chairs", "garden", "lamps", "rugs")):
        variant = a_variant(f"S-{number}", price=1000 + number // 2, options={"color": "red" if number % 2 else "blue"})
        text = {"name": "Brass thing", "description": "Nothing"} if number < 2 else {"name": "Thing of brassware"}
        text = text if number < 4 else {"name": "Thing", "description": "Looks like brass."}
        a_product(f"p{number}", category=category, variants=[variant], units=number % 3, **text)


SEARCHES = [
    {},
    {"category": "home"},
    {"category": "rugs"},
    {"option": "color:red"},
    {"in_stock": "true"},
    {"in_stock": "false"},
    {"in_stock": "true", "option": "color:blue", "category": "home"},
    {"max_price": 1001},
]


@pytest.mark.parametrize("filters", SEARCHES)
@pytest.mark.parametrize("ordering", ["relevance", "price", "-price", "newest"])
def test_a_search_that_finds_much_finds_the_same(shop, monkeypatch, filters, ordering):
    asked = {"q": "brass", "ordering": ordering, "page_size": 2, **filters}
    small = all_pages("/products/search/", **asked)
    few = get("/products/search/", **asked)
    monkeypatch.setattr(searches, "MOST_RANKED", 0)
    monkeypatch.setattr(categories, "MOST_COUNTED", 0)
    monkeypatch.setattr(searches, "_WORTH_WALKING", 0)
    large = all_pages("/products/search/", **asked)
    assert sorted(large) == sorted(small) if ordering == "relevance" else large == small
    much = get("/products/search/", **asked)
    assert (much["count"], much["facets"]) == (few["count"], few["facets"]) and much["count"] == len(large)


def test_of_much_whole_words_in_names_come_first_then_their_beginnings_then_texts(shop, large):
    assert all_pages("/products/search/", q="brass", page_size=2) == ["p1", "p0", "p3", "p2", "p5", "p4"]


def test_a_large_count_is_kept_for_a_minute(shop, large, monkeypatch):
    assert get("/products/search/", q="brass")["count"] == 6
    a_product("p7", category="garden", name="Brass", variants=[a_variant("S-7")])
    kept = get("/products/search/", q="brass")
    assert (kept["count"], kept["results"][0]["slug"]) == (6, "p7")
    monkeypatch.setattr(counts, "FRESH_SECONDS", 0)
    assert get("/products/search/", q="brass")["count"] == 7


def test_a_small_count_is_of_this_moment(shop):
    assert get("/products/search/", q="brass")["count"] == 6
    a_product("p7", category="garden", name="Brass", variants=[a_variant("S-7")])
    assert get("/products/search/", q="brass")["count"] == 7


def test_no_more_counts_are_kept_than_fit(monkeypatch):
    monkeypatch.setattr(counts, "_MOST", 2)
    for key in "abc":
        counts.rows(key, lambda: [(1,)])
    assert [counts.kept(key) for key in "abc"] == [False, True, True]


def test_others_get_the_old_count_while_one_counts_again(monkeypatch):
    counts.rows("key", lambda: [(1,)])
    monkeypatch.setattr(counts.time, "monotonic", lambda: 1e9)
    inside = []

    def count():
        inside.append(counts.rows("key", lambda: [(3,)]))
        return [(2,)]

    assert counts.rows("key", count) == [(2,)]
    assert inside == [[(1,)]]


def test_the_category_tree_of_a_large_catalog_counts_the_same(shop, monkeypatch):
    small = get("/categories/")
    monkeypatch.setattr(categories, "MOST_COUNTED", 0)
    assert get("/categories/") == small


@pytest.mark.parametrize("ordering", ["newest", "price", "-price", "rating", "name", "bestselling"])
@pytest.mark.parametrize("branches", [50, 1])
def test_a_category_with_many_below_it_is_read_in_one_order(shop, monkeypatch, ordering, branches):
    monkeypatch.setattr(lists, "_MOST_BRANCHES", branches)
    columns = {"newest": "-created_at", "-price": "-price_from", "price": "price_from", "name": "name_key"}
    first = columns.get(ordering, "-sold")
    rest = "-id" if first.startswith("-") else "id"
    below = Product.objects.filter(category__path__startswith="home/").order_by(first, rest)
    wanted = list(below.values_list("slug", flat=True))
    assert all_pages("/products/", category="home", ordering=ordering, page_size=2) == wanted
    second = Client().get(get("/products/", category="home", ordering=ordering, page_size=2)["next"]).json()
    first_again = Client().get(second["previous"]).json()
    assert [one["slug"] for one in first_again["results"]] == wanted[:2]


def test_the_search_index_knows_of_stock_options_and_categories_what_the_catalog_knows(shop):
    def filters():
        return SearchEntry.objects.get(product__slug="p3").filters.split()

    lamps, garden = (Category.objects.get(slug=slug).id.hex for slug in ("lamps", "garden"))
    before = filters()
    assert "s0" in before and f"c{garden}" in before
    commands.adjust_stock(units={"S-3": 1}, note="found", actor="test", now=NOON)
    assert "s1" in filters()
    variant = a_variant("S-3", options={"color": "green"})
    commands.put_product(a_draft("p3", category="lamps", name="Brass", variants=[variant]), now=NOON)
    assert f"c{lamps}" in filters() and f"c{garden}" not in filters()
    assert {one for one in filters() if one[0] == "o"}.isdisjoint(before)
    commands.put_category(slug="home", name="Home", parent="garden")
    assert f"c{garden}" in filters()
    assert "p3" in all_pages("/products/search/", q="brass", category="garden")


def test_a_filter_term_is_no_word(shop):
    terms = SearchEntry.objects.get(product__slug="p3").filters.split()
    for term in (one for one in terms if len(one) > 2):
        assert get("/products/search/", q=term)["count"] == 0


def test_a_generated_catalog_is_sound():
    call_command("seed_catalog", "--products", "40")
    call_command("check_stock")
    assert get("/products/search/", q=Product.objects.first().name)["results"]
    product = Product.objects.prefetch_related("variants").first()
    before = SearchEntry.objects.filter(product=product).values().get()
    assert commands.announce_product(product_id=product.id)[1] is False, "its snapshot is the one that is stored"
    assert SearchEntry.objects.filter(product=product).values().get() == before
    was, now = product, Product.objects.get(id=product.id)
    assert (was.card, was.page, was.name_key) == (now.card, now.page, now.name_key)


def test_production_refuses_generated_products(settings):
    settings.PRODUCTION = True
    with pytest.raises(Exception, match="development only"):
        call_command("seed_catalog", "--products", "1")
    assert not Product.objects.exists()
