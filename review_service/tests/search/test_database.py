"""Search with the database of the tests."""

from uuid import uuid4

import pytest
from django.utils import timezone

from reviews import commands, search
from reviews.domain.review import Rejection
from reviews.search import database
from reviews.search.port import SearchQuery, as_html
from reviews.work import search_index
from tests.factories import LINK, written

pytestmark = pytest.mark.django_db


def ids(text, **given):
    return [hit.review_id for hit in search.search(SearchQuery(text=text, **given)).hits]


def test_a_word_in_the_title_counts_more_than_one_in_the_text():
    in_text = written(title="A long story", text="We bought many things, a lamp among them, and carried all home.")
    in_title = written(title="Great lamp", text="We like it very much and carried it home.")
    written(title="A chair", text="It is a chair.")
    assert ids("lamp") == [in_title.id, in_text.id]


def test_all_words_must_be_there_in_any_order_and_place():
    review = written(title="Wobbly table", text="The oak is nice.")
    written(title="Table", text="Made of pine.")
    assert ids("oak table") == [review.id]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The legs are wobbling", "wobble"),
        ("Crème brûlée torch", "creme brulee"),
        ("A comfortable chair", "comf"),
        ("Die Stühle sind schön", "stuhle"),
        ("Ein sehr schoener STUHL", "stuhl"),
        ("Two lamps", "lamp"),
        ("One lamp", "lamps"),
        ("A box of batteries", "battery"),
        ("It drove the mice away", "mouse"),
        ("It drove a mouse away", "mice"),
        ("One bookshelf", "bookshelves"),
        ("Ein schöner Stuhl", "Stühle"),
        ("Eine Lampe", "Lampen"),
    ],
)
def test_endings_accents_capitals_and_beginnings_are_forgiven(text, asked):
    review = written(title="Well", text=text)
    assert ids(asked) == [review.id]


@pytest.mark.parametrize(
    ("text", "asked", "marked"),
    [
        ("这张桌子很结实。", "桌子", "这张<mark>桌子</mark>很结实。"),
        ("这张桌子很结实。", "实", "这张桌子很结<mark>实</mark>。"),
        ("とても丈夫なテーブルです", "テーブル", "とても丈夫な<mark>テーブル</mark>です"),
        ("의자가 튼튼해요", "의자", "<mark>의자</mark>가 튼튼해요"),
        ("โต๊ะไม้แข็งแรงมาก", "ไม้", "โต๊ะ<mark>ไม้</mark>แข็งแรงมาก"),
        ("我的iPhone手机很好", "iphone", "我的<mark>iPhone</mark>手机很好"),
        ("我的iPhone手机很好", "手机", "我的iPhone<mark>手机</mark>很好"),
    ],
)
def test_a_word_inside_of_a_longer_one_is_found_and_marked_in_scripts_without_spaces(text, asked, marked):
    review = written(title="Well", text=text)
    (hit,) = search.search(SearchQuery(text=asked)).hits
    assert (hit.review_id, as_html(hit.text)) == (review.id, marked)


def test_in_scripts_without_spaces_the_characters_must_be_in_a_row():
    written(title="Well", text="椅子和书桌都很好")
    assert ids("桌子") == []
    assert ids("ั") == []  # a combining mark alone is not a word


def test_a_passage_of_a_long_text_has_the_word_and_cuts_no_letter():
    family = "👨‍👩‍👧"
    long = " and ".join([family * 90] * 3)
    written(title="Well", text=f"{long} हिन्दी oak {long}")
    (hit,) = search.search(SearchQuery(text="oak")).hits
    assert "<mark>oak</mark>" in as_html(hit.text)
    assert hit.text.startswith("…")
    assert hit.text.endswith("…")
    before, after = hit.text.strip("…").split(" हिन्दी \ue000oak\ue001 ")
    assert set(before.split(family)) | set(after.split(family)) <= {"", " and "}
    assert 60 < len(before) + len(after) < len(long)


def test_stars_and_product_narrow_the_search():
    one, two = written(stars=1), written(stars=5)
    assert ids("oak", stars=1) == [one.id]
    assert ids("oak", product_id=two.product_id) == [two.id]
    assert ids("oak", product_id=uuid4()) == []


def test_matching_words_are_marked_and_nothing_else_is_html():
    written(title="<b>Oak</b> & co", text="The oak <script>alert(1)</script> is nice.")
    (hit,) = search.search(SearchQuery(text="oak")).hits
    assert "<mark>Oak</mark>" in as_html(hit.title)
    assert "<mark>oak</mark>" in as_html(hit.text)
    assert "<script>" not in as_html(hit.text)
    assert "<b>" not in as_html(hit.title)


def test_only_what_is_shown_is_found_and_at_once():
    review = written()
    written(words=LINK, title="Oak")
    assert ids("oak") == [review.id]
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), text="It is pine.")
    assert (ids("oak"), ids("pine")) == ([], [review.id])
    commands.reject_review(review_id=review.id, reason=Rejection.SPAM, now=timezone.now())
    assert ids("pine") == []
    commands.approve_review(review_id=review.id, now=timezone.now())
    assert ids("pine") == [review.id]
    commands.withdraw_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now())
    assert ids("pine") == []


def test_pages_follow_one_another():
    expected = {written().id for _ in range(5)}
    first = search.search(SearchQuery(text="oak", limit=3))
    second = search.search(SearchQuery(text="oak", limit=3, offset=3))
    assert (first.more, second.more) == (True, False)
    assert {hit.review_id for hit in (*first.hits, *second.hits)} == expected


def test_nothing_to_look_for_finds_nothing():
    written()
    assert ids("!!! ???") == []


def test_the_index_can_be_built_anew():
    review = written()
    written(words=LINK)
    database.put(review.id, title="", text="", shown=False)
    assert search_index.rebuild_search(now=timezone.now(), index=None) == 1
    assert ids("oak") == [review.id]


def test_the_api_shows_passages_with_marks_and_the_way_to_the_next_page(api):
    for _ in range(3):
        written()
    answer = api(None).get("/api/v1/reviews/search/", {"q": "oak", "page_size": 2}).json()
    assert len(answer["results"]) == 2
    assert "<mark>oak</mark>" in answer["results"][0]["highlight"]["text"]
    rest = api(None).get(answer["next"]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)
