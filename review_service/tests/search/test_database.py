"""Search in the database that the tests run on."""

from uuid import uuid4

import pytest
from django.utils import timezone

from reviews import commands, search
from reviews.domain.review import Rejection
from reviews.search import database
from reviews.search.port import Asked, as_html
from tests.factories import LINK, written

pytestmark = pytest.mark.django_db


def ids(text, **given):
    return [hit.review_id for hit in search.search(Asked(text=text, **given)).hits]


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
    ],
)
def test_endings_accents_capitals_and_beginnings_are_forgiven(text, asked):
    review = written(title="Well", text=text)
    assert ids(asked) == [review.id]


def test_stars_and_product_narrow_the_search():
    one, two = written(stars=1), written(stars=5)
    assert ids("oak", stars=1) == [one.id]
    assert ids("oak", product_id=two.product_id) == [two.id]
    assert ids("oak", product_id=uuid4()) == []


def test_what_was_found_is_marked_and_nothing_else_is_html():
    written(title="<b>Oak</b> & co", text="The oak <script>alert(1)</script> is nice.")
    (hit,) = search.search(Asked(text="oak")).hits
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
    first = search.search(Asked(text="oak", limit=3))
    second = search.search(Asked(text="oak", limit=3, offset=3))
    assert (first.more, second.more) == (True, False)
    assert {hit.review_id for hit in (*first.hits, *second.hits)} == expected


def test_nothing_to_look_for_finds_nothing():
    written()
    assert ids("!!! ???") == []


def test_the_index_can_be_built_anew():
    review = written()
    written(words=LINK)
    database.put(review.id, title="", text="", shown=False)
    assert commands.rebuild_search(now=timezone.now(), index=None) == 1
    assert ids("oak") == [review.id]


def test_the_api_shows_passages_with_marks_and_the_way_to_the_next_page(api):
    for _ in range(3):
        written()
    answer = api(None).get("/api/v1/reviews/search/", {"q": "oak", "page_size": 2}).json()
    assert len(answer["results"]) == 2
    assert "<mark>oak</mark>" in answer["results"][0]["highlight"]["text"]
    rest = api(None).get(answer["next"]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)
