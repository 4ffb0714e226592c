import base64
import json
import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.request import Request as RestRequest
from tests.factories import NOON, a_category, a_product, a_variant

from chassis.http.api import list_key
from products import commands
from products.models import Product
from testkit.project import queries_of

pytestmark = pytest.mark.django_db

BLUE_L = {"color": "Deep Blue", "size": "L"}


def get(path, **query):
    answer = Client().get(f"/api/v1{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def words_for(path):
    """Return a search text for the search only."""
    return {"q": "lamp"} if "search" in path else {}


def slugs(path="/products/", **query):
    return [one["slug"] for one in get(path, **query)["results"]]


def test_a_card_says_what_a_list_needs():
    product = a_product(units=3, variants=[a_variant("AA", price=2500), a_variant("BB", price=1999)])
    (card,) = get("/products/")["results"]
    assert card == {
        "id": str(product.id),
        "slug": "brass-lamp",
        "name": "Brass Lamp",
        "summary": "A thing.",
        "category": {"slug": "lamps", "name": "Lamps"},
        "image_url": "",
        "price_from": {"amount": 1999, "currency": "EUR"},
        "in_stock": True,
        "rating": {"average_hundredths": 0, "count": 0},
    }


def test_a_product_is_found_by_id_and_by_slug():
    product = a_product(units=3, variants=[a_variant("AA", options=BLUE_L), a_variant("BB", active=False)])
    by_id, by_slug = get(f"/products/{product.id}/"), get("/products/brass-lamp/")
    assert by_id == by_slug
    assert [one["sku"] for one in by_id["variants"]] == ["AA"]
    assert by_id["variants"][0]["available"] == 3
    assert by_id["options"] == {"color": ["Deep Blue"], "size": ["L"]}
    assert by_id["categories"] == [{"slug": "lamps", "name": "Lamps"}]


def test_the_page_shows_the_units_that_are_free_now():
    a_product(units=3, variants=[a_variant("AA")])
    commands.reserve_stock(order_id=uuid4(), lines=[("AA", 2)], hold_seconds=60, now=timezone.now())
    assert get("/products/brass-lamp/")["variants"][0]["available"] == 1


@pytest.mark.parametrize("key", ["nothing", "00000000-0000-0000-0000-000000000000", "%00", "'--", "é" * 200, "A_B"])
def test_a_missing_address_is_a_problem_document(key):
    for path in (f"/api/v1/products/{key}/", f"/api/v1/products/{key}/related/"):
        answer = Client().get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer["Content-Type"] == "application/problem+json"


def test_an_inactive_product_is_not_there():
    product = a_product(units=1)
    commands.set_active(product_ids=[product.id], active=False, now=NOON)
    assert slugs() == []
    assert Client().get(f"/api/v1/products/{product.id}/").status_code == 404
    assert slugs("/products/search/", q="lamp") == []


def test_a_category_includes_what_lies_below_it():
    a_category("home")
    a_category("lamps", parent="home")
    a_category("garden")
    a_product("brass-lamp")
    a_product("spade", category="garden")
    assert slugs(category="home") == ["brass-lamp"]
    assert slugs(category="garden") == ["spade"]
    assert slugs(category="nowhere") == []
    tree = get("/categories/")["results"]
    assert [(one["slug"], one["product_count"], len(one["children"])) for one in tree] == [
        ("garden", 1, 0),
        ("home", 1, 1),
    ]


def test_lists_are_filtered_by_price_stock_and_options():
    a_product("cheap", units=1, variants=[a_variant("CHEAP", price=500, options={"color": "red", "size": "L"})])
    a_product("dear", variants=[a_variant("DEAR", price=5000, options={"color": "blue", "size": "S"})])
    two = [
        a_variant("T1", options={"color": "blue", "size": "L"}),
        a_variant("T2", options={"color": "red", "size": "S"}),
    ]
    a_product("two", variants=two)
    assert slugs(max_price=1000) == ["cheap"]
    assert slugs(min_price=1000, ordering="price") == ["two", "dear"]
    assert slugs(in_stock="true") == ["cheap"]
    assert slugs(option="color:Blue", ordering="name") == ["dear", "two"]
    assert slugs(option=["color:red", "size:L"]) == ["cheap"]
    assert slugs(option=["color:red", "color:blue"], ordering="name") == ["cheap", "dear", "two"]


@pytest.fixture
def lamp_of_two_prices():
    """Return a lamp: small and red for 5 euros, or large and blue for 90 euros with one unit in stock."""
    small = a_variant("SMALL", price=500, options={"color": "red"})
    large = a_variant("LARGE", price=9000, options={"color": "blue"})
    a_product("lamp", variants=[small, large])
    commands.adjust_stock(units={"LARGE": 1}, note="Delivered", actor="test", now=NOON)


@pytest.mark.parametrize("path", ["/products/", "/products/search/?q=lamp"])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"min_price": 8000}, True),
        ({"max_price": 600}, True),
        ({"min_price": 600, "max_price": 8000}, False),
        ({"max_price": 600, "option": "color:red"}, True),
        ({"max_price": 600, "option": "color:blue"}, False),
        ({"max_price": 600, "in_stock": "true"}, False),
        ({"min_price": 600, "in_stock": "true"}, True),
        ({"min_price": 600, "in_stock": "false"}, False),
        ({"option": "color:red", "in_stock": "true"}, False),
        ({"option": "color:blue", "in_stock": "true"}, True),
    ],
)
def test_one_variant_must_be_all_that_is_asked(lamp_of_two_prices, path, asked, found):
    path, _, query = path.partition("?")
    assert slugs(path, **asked, **dict(pair.split("=") for pair in query.split("&") if pair)) == ["lamp"] * found


def test_an_inactive_variant_has_no_price():
    a_product("lamp", variants=[a_variant("AA", price=500), a_variant("BB", price=9000, active=False)])
    assert slugs(min_price=8000) == []


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes", "On"])
def test_yes_is_written_in_several_ways(lamp_of_two_prices, word):
    a_product("sold-out")
    assert slugs(in_stock=word) == ["lamp"]


@pytest.mark.parametrize("word", ["false", "False", "0", "NO", "off"])
def test_no_is_written_in_several_ways(lamp_of_two_prices, word):
    a_product("sold-out")
    assert slugs(in_stock=word) == ["sold-out"]


@pytest.mark.parametrize("path", ["/products/", "/products/search/"])
@pytest.mark.parametrize("word", ["maybe", "2", "tru", "ja"])
def test_a_word_that_is_neither_yes_nor_no_is_refused(path, word):
    answer = Client().get(f"/api/v1{path}", {"in_stock": word, **words_for(path)})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, ["in_stock"])


def test_more_options_than_can_be_looked_for_are_refused_and_not_left_out():
    answer = Client().get("/api/v1/products/", {"option": [f"color:{number}" for number in range(9)]})
    assert answer.status_code == 400


OTHER_LISTS = [
    {"ordering": "price"},
    {"ordering": "newest", "category": "lamps"},
    {"ordering": "newest", "min_price": 1},
    {"ordering": "newest", "in_stock": "false"},
]


@pytest.mark.parametrize("other", OTHER_LISTS)
@pytest.mark.parametrize("path", ["/products/", "/products/search/"])
def test_a_cursor_of_another_filter_or_order_is_refused(path, other):
    for number in range(3):
        a_product(f"lamp-{number}")
    words = words_for(path)
    page = get(path, **words, ordering="newest", page_size=1)
    cursor = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
    assert get(path, **words, ordering="newest", page_size=2, cursor=cursor)["results"]
    answer = Client().get(f"/api/v1{path}", {**words, "cursor": cursor, **other})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, ["cursor"])
    elsewhere = "/products/search/" if path == "/products/" else "/products/"
    answer = Client().get(f"/api/v1{elsewhere}", {**words_for(elsewhere), "ordering": "newest", "cursor": cursor})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("ordering", "values"),
    [
        ("newest", '"2026-05-04T12:00:00+00:00","{id}"'),
        ("rating", '0,0,"{id}"'),
        ("bestselling", '0,0,0,"{id}"'),
    ],
)
@pytest.mark.parametrize("category", ["", "lamps"])
def test_a_deep_page_is_sought_by_the_index(ordering, values, category):
    """Also among the many products that nobody has rated: a comparison of rows begins at its place."""
    a_product()
    asked = {"ordering": ordering, **({"category": category} if category else {})}
    key = list_key(RestRequest(RequestFactory().get("/api/v1/products/", asked)))
    cursor = f'["{key}",false,[{values.format(id=uuid4())}]]'
    with CaptureQueriesContext(connection) as captured:
        get("/products/", **asked, cursor=base64.urlsafe_b64encode(cursor.encode()).decode())
    sql = captured.captured_queries[-1]["sql"]
    assert re.search(r"\(products_product\.\w+(, products_product\.\w+)+\) < \(", sql)
    if connection.vendor == "sqlite":
        plan = " ".join(str(row) for row in explained(sql))
        assert re.search(r"USING INDEX product_\w+ \((category_id=\? AND )?\(\w+(,\w+)+\)<", plan), plan


def explained(sql):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        return cursor.fetchall()


def test_names_are_in_the_order_of_the_alphabet_and_not_of_bytes():
    names = ["zebra", "Apple", "émile", "eagle", "Éclair", "Ödland", "apple pie", "Ørsted", "ostrich", "Zoo"]
    for number, name in enumerate(names):
        a_product(f"p{number}", name=name)
    listed = [one["name"] for one in get("/products/", ordering="name")["results"]]
    wanted = ["Apple", "apple pie", "eagle", "Éclair", "émile", "Ödland", "Ørsted", "ostrich", "zebra", "Zoo"]
    assert listed == wanted


def test_categories_are_in_the_order_of_the_alphabet_and_not_of_bytes():
    for slug, name in (("a", "Zoo"), ("b", "Éclairs"), ("c", "apples")):
        a_category(slug, name=name)
    assert [one["name"] for one in get("/categories/")["results"]] == ["apples", "Éclairs", "Zoo"]


def test_lists_are_ordered():
    for number, slug in enumerate(["bb", "cc", "aa"]):
        product = a_product(slug, variants=[a_variant(slug.upper(), price=100 + number)])
        Product.objects.filter(id=product.id).update(rating_hundredths=100 * number)
    assert slugs(ordering="name") == ["aa", "bb", "cc"]
    assert slugs(ordering="price") == ["bb", "cc", "aa"]
    assert slugs(ordering="-price") == ["aa", "cc", "bb"]
    assert slugs(ordering="rating") == ["aa", "cc", "bb"]


@pytest.mark.parametrize("ordering", ["newest", "price", "-price", "rating", "name", "bestselling"])
def test_pages_go_forth_and_back_over_ties_without_loss(ordering):
    a_category()
    for number in range(7):
        a_product(f"p{number}")
    everything = slugs(ordering=ordering, page_size=100)
    assert len(set(everything)) == 7
    page = get("/products/", ordering=ordering, page_size=3)
    assert page["previous"] is None
    forth, back = [page], []
    while forth[-1]["next"]:
        forth.append(Client().get(forth[-1]["next"]).json())
    assert [one["slug"] for page in forth for one in page["results"]] == everything
    page = forth[-1]
    while page["previous"]:
        page = Client().get(page["previous"]).json()
        back.insert(0, page)
    assert [one["slug"] for page in back for one in page["results"]] == everything[:6]


@pytest.mark.parametrize(
    "query",
    [
        {"min_price": "x"},
        {"max_price": "9" * 50},
        {"min_price": "-1"},
        {"option": "blue"},
        {"ordering": "password"},
        {"option": "x:" + "y" * 200},
    ],
)
def test_bad_filters_are_named(query):
    answer = Client().get("/api/v1/products/", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    "cursor",
    [
        "WzAsWyIwMDAxLTAxLTAxVDAwOjAwKzIzOjAwIiwgIjEiXV0=",
        "x",
        "é",
        "W10=",
        "WzAsWzEsMl1d",
        "W2ZhbHNlLFsiXHUwMDAwIiwieCJdXQ==",
        "W2ZhbHNlLFsxLDFdXQ==",
        "a" * 900,
    ],
)
@pytest.mark.parametrize("path", ["/products/", "/products/search/"])
def test_a_bad_cursor_is_no_error_of_ours(path, cursor):
    a_product()
    answer = Client().get(f"/api/v1{path}", {"cursor": cursor, **words_for(path)})
    assert answer.status_code == 404


def test_a_list_costs_one_statement_however_long():
    a_category()
    for number in range(5):
        a_product(f"p{number}")
    assert queries_of(connection, lambda: get("/products/")) == 1
    assert queries_of(connection, lambda: get("/products/", category="lamps")) == 2
    assert queries_of(connection, lambda: get("/products/p1/")) == 1
    assert queries_of(connection, lambda: get("/products/search/", q="p1")) <= 3
    assert queries_of(connection, lambda: get("/products/p1/related/")) <= 4
    assert queries_of(connection, lambda: get("/categories/")) == 2


def test_reads_may_be_cached_and_are_not_sent_again():
    a_product()
    answer = Client().get("/api/v1/products/")
    assert "public" in answer["Cache-Control"]
    again = Client().get("/api/v1/products/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_browser_gets_the_browsable_api_of_the_same_data():
    a_product()
    answer = Client().get("/api/v1/products/brass-lamp/", headers={"Accept": "text/html"})
    assert answer["Content-Type"].startswith("text/html")
    plain = Client().get("/api/v1/products/brass-lamp/?format=json")
    assert json.loads(plain.content) == get("/products/brass-lamp/")


def test_no_method_writes(api):
    for path in ("/products/", "/products/brass-lamp/", "/categories/", "/recommendations/"):
        assert api().post(f"/api/v1{path}", {}).status_code in {401, 405}
