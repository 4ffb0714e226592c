import pytest
from django.test import Client
from tests.factories import NOON, a_category, a_draft, a_product, a_variant

from products import commands
from products.domain.search_words import corrections, distance, forms, words_of
from products.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop():
    a_category("ceramics")
    a_category("lamps", name="Lamps & Lanterns")
    a_product(
        "teapot",
        category="ceramics",
        name="Mint Teapot",
        description="Pours from high above.",
        variants=[a_variant("TP", price=5400, options={"color": "Émeraude"})],
    )
    a_product("bowl", category="ceramics", name="Ceramic Bowl", description="Deep, blue, for couscous.", units=2)
    a_product("lantern", name="Brass Lantern", description="Light for a table. Goes with a bowl.")
    a_product("strawberry-jam", category="ceramics", name="Jar for Strawberries", description="With a lid.")


def search(q, **more):
    answer = Client().get("/api/v1/products/search/", {"q": q, **more})
    assert answer.status_code == 200, answer.content
    return answer.json()


def slugs(q, **more):
    return [one["slug"] for one in search(q, **more)["results"]]


def test_words_are_found_by_their_beginning():
    assert slugs("lant") == ["lantern"]
    assert slugs("TEAP") == ["teapot"]


def test_singular_and_plural_find_each_other():
    assert slugs("bowls couscous") == ["bowl"]
    assert slugs("strawberry") == ["strawberry-jam"]
    assert slugs("lanterns brass") == ["lantern"]


def test_a_word_within_a_word_is_found():
    assert slugs("pot") == ["teapot"]


def test_accents_do_not_matter():
    assert slugs("emeraude") == ["teapot"]
    assert slugs("ÉMERAUDE") == ["teapot"]


@pytest.mark.parametrize(
    ("typo", "slug"),
    [
        ("cermic", "bowl"),
        ("lantren", "lantern"),
        ("bwol", "bowl"),
        ("teapoot", "teapot"),
        ("strwaberries", "strawberry-jam"),
    ],
)
def test_misspelled_words_are_understood_and_the_answer_says_how(typo, slug):
    found = search(typo)
    assert found["results"][0]["slug"] == slug
    assert found["corrected"]


def test_a_word_never_means_a_piece_of_a_sku():
    a_product("lamp", name="Table Lamp", variants=[a_variant("LMP-TBL", price=9200)])
    assert slugs("lmp-tbl") == ["lamp"]
    assert search("lmap")["corrected"] == "lamp"


def test_all_words_must_be_there():
    assert slugs("brass bowl") == ["lantern"]
    assert slugs("mint lantern") == []


def test_the_name_counts_more_than_the_description():
    assert slugs("bowl") == ["bowl", "lantern"]


def test_skus_and_categories_are_words_too():
    assert slugs("TP") == ["teapot"]
    assert set(slugs("ceramics")) == {"bowl", "teapot", "strawberry-jam"}


def test_facets_count_by_category_and_ignore_the_category_filter():
    found = search("bowl", category="lamps")
    assert [one["slug"] for one in found["results"]] == ["lantern"]
    assert {one["slug"]: one["count"] for one in found["facets"]["categories"]} == {"ceramics": 1, "lamps": 1}
    assert found["count"] == 1


def test_filters_hold_in_a_search():
    assert slugs("bowl", in_stock="true") == ["bowl"]
    assert slugs("ceramics", min_price="5000") == ["teapot"]


def test_count_facets_and_filters_are_of_all_that_fits_however_much_that_is():
    a_category("garden")
    for number in range(230):
        a_product(f"shears-{number:03}", category="lamps", name="Shears", variants=[a_variant(f"SH-{number}")])
    a_product("last", category="garden", name="A thing", description="Sharpens shears.", variants=[a_variant("LAST")])
    found = search("shears")
    assert (found["count"], [one["count"] for one in found["facets"]["categories"]]) == (231, [230, 1])
    assert slugs("shears", category="garden") == ["last"]
    assert search("shears", category="garden")["count"] == 1


def test_a_search_is_ordered_as_it_is_asked_to_be():
    by_price = slugs("ceramics", ordering="-price")
    assert by_price[0] == "teapot"
    assert slugs("ceramics", ordering="price") == by_price[::-1]
    assert slugs("ceramics", ordering="name") == ["bowl", "strawberry-jam", "teapot"]
    assert sorted(slugs("ceramics", ordering="relevance")) == sorted(slugs("ceramics"))
    first = search("ceramics", ordering="name", page_size=2)
    assert [one["slug"] for one in Client().get(first["next"]).json()["results"]] == ["teapot"]
    answer = Client().get("/api/v1/products/search/", {"q": "bowl", "ordering": "color"})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, ["ordering"])


@pytest.mark.parametrize("q", ["围巾", "真丝", "丝围", "巾", "真丝围巾 红色", "红"])
def test_signs_inside_of_a_chinese_word_are_found(q):
    a_product("scarf", name="真丝围巾", description="红色的。", variants=[a_variant("SCARF")])
    assert slugs(q) == ["scarf"]


@pytest.mark.parametrize(
    ("name", "q"),
    [
        ("陶器の湯のみ茶碗", "湯のみ"),
        ("ガラスコップ", "コップ"),
        ("수제도자기그릇", "도자기"),
        ("ผ้าพันคอไหม", "พันคอ"),
        ("रेशमी साड़ी", "साड़ी"),
        ("شال حرير", "حرير"),
        ("Шёлковый платок", "шелковый"),
    ],
)
def test_words_of_any_script_are_found(name, q):
    a_product("thing", name=name, variants=[a_variant("THING")])
    assert slugs(q) == ["thing"]
    assert slugs("盆栽") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("mouse", "mice"), ("knife", "knives"), ("child", "children"), ("goose", "geese"), ("shelf", "shelves")),
        *(("woman", "women"), ("tooth", "teeth"), ("foot", "feet"), ("scarf", "scarves"), ("bookshelf", "bookshelves")),
        *(("box", "boxes"), ("berry", "berries"), ("cactus", "cacti"), ("glass", "glasses")),
        *(("lampe", "lampen"), ("haus", "häuser"), ("kind", "kinder"), ("tuch", "tücher"), ("messer", "messern")),
    ],
)
def test_irregular_plurals_and_singulars_find_each_other(one, other):
    a_product("one", name=f"The {one}", variants=[a_variant("ONE")])
    a_product("other", name=f"The {other}", variants=[a_variant("OTHER")])
    assert set(slugs(one)) == set(slugs(other)) == {"one", "other"}


@pytest.mark.parametrize("q", ["LMP-TBL-S", "lmptbls", "LMPTBL-S", "lmp tbl s", "lmp.tbl.s", "LMP_TBL_S", "LMP–TBL–S"])
def test_a_sku_is_found_with_and_without_its_hyphens(q):
    a_product("lamp", name="Table Thing", variants=[a_variant("LMP-TBL-S")])
    found = search(q)
    assert [one["slug"] for one in found["results"]] == ["lamp"]
    assert found["corrected"] is None


def test_pages_of_a_search():
    first = search("ceramics", page_size=2)
    second = Client().get(first["next"]).json()
    seen = [one["slug"] for one in first["results"] + second["results"]]
    assert sorted(seen) == ["bowl", "strawberry-jam", "teapot"]
    assert second["next"] is None
    assert Client().get(second["previous"]).json()["results"] == first["results"]


def test_an_unsold_product_is_not_found():
    found = search("xylophone")
    assert (found["results"], found["count"], found["corrected"], found["facets"]) == ([], 0, None, {"categories": []})


@pytest.mark.parametrize("q", ["", "   ", "x" * 101])
def test_a_query_has_a_length(q):
    answer = Client().get("/api/v1/products/search/", {"q": q})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    "q",
    [
        "'\"*",
        "NEAR(a b)",
        "a OR b AND NOT (",
        "%",
        "-bowl",
        "bowl:*",
        "😀",
        "ǆ" * 50,
        "& | !",
        "a b c d e f g h i j",
    ],
)
def test_strange_queries_are_only_words(q):
    assert Client().get("/api/v1/products/search/", {"q": q}).status_code == 200


def test_the_index_follows_the_product_at_once():
    commands.put_product(
        a_draft("bowl", category="ceramics", name="Salad Dish", variants=[a_variant("BOWL")]), now=NOON
    )
    assert slugs("salad") == ["bowl"]
    assert slugs("couscous") == []
    product = Product.objects.get(slug="bowl")
    commands.set_active(product_ids=[product.id], active=False, now=NOON)
    assert slugs("salad") == []
    commands.set_active(product_ids=[product.id], active=True, now=NOON)
    assert slugs("salad") == ["bowl"]


def test_a_renamed_category_is_found_by_its_new_name():
    a_category("lamps", name="Illumination")
    assert slugs("illumination") == ["lantern"]
    assert Client().get("/api/v1/products/lantern/").json()["category"]["name"] == "Illumination"


def test_a_change_that_is_rolled_back_is_not_found():
    from chassis.transactions import transactional

    @transactional
    def fails():
        commands.put_product(a_draft("ghost", name="Ghost", variants=[a_variant("GHOST")]), now=NOON)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert slugs("ghost") == []


def test_distance_counts_swapped_neighbors_once():
    assert (distance("lamp", "lapm"), distance("lamp", "lam"), distance("", "abc"), distance("bowl", "bowl")) == (
        1,
        1,
        3,
        0,
    )


def test_short_words_are_not_corrected_and_long_ones_twice():
    assert corrections("cat", ["car", "bat"]) == []
    assert corrections("lapm", ["lamp", "lime"]) == ["lamp"]
    assert corrections("crdamon", ["cardamom"]) == ["cardamom"]


def test_words_are_folded():
    assert words_of("Émile's  TEA-pot_2") == ["emile", "s", "tea", "pot", "2"]
    assert forms("berries") == ["berries", "berry"]
    assert forms("glass") == ["glass"]
