"""The adapter against a real node: set ELASTICSEARCH_URL to run these."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from reviews import commands, search
from reviews.models import IndexTask
from reviews.search.port import Document, SearchQuery, SearchUnavailable, as_html
from reviews.work import search_index
from tests.factories import LINK, written

URL = settings.ELASTICSEARCH_URL

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not URL, reason="no ELASTICSEARCH_URL: no real Elasticsearch"),
]


@pytest.fixture
def index(settings, monkeypatch):
    settings.ELASTICSEARCH_URL = URL
    settings.ELASTICSEARCH_INDEX = f"souk-test-{uuid4().hex}"
    monkeypatch.setattr(search, "_unavailable_until", 0.0)
    index = search.elasticsearch_index()
    yield index
    for name in index.client.indices.get(index=f"{settings.ELASTICSEARCH_INDEX}-*"):
        index.client.indices.delete(index=name)


def indexed(index):
    """Send the due reviews and make them searchable at once."""
    search_index.index_due_reviews(now=timezone.now(), index=index)
    index.client.indices.refresh(index=index.alias)


def ids(index, text, **given):
    return [hit.review_id for hit in index.search(SearchQuery(text=text, **given)).hits]


def test_the_first_task_makes_the_index(index):
    assert not index.exists()
    review = written()
    indexed(index)
    assert index.exists()
    assert ids(index, "oak") == [review.id]


def test_a_missing_index_is_said_and_never_made_without_our_mapping(index):
    with pytest.raises(SearchUnavailable):
        index.search(SearchQuery(text="oak"))
    with pytest.raises(SearchUnavailable):
        index.write([Document(review_id=uuid4(), version=1, shown=True, title="a", text="b", published_at=None)])
    assert not index.exists()


def test_title_before_text_before_typing_error(index):
    typo = written(title="A story", text="A nice lanp, we like it.")
    in_text = written(title="A story", text="A nice lamp, we like it.")
    in_title = written(title="Nice lamp", text="We like it.")
    written(title="A chair", text="It is a chair.")
    indexed(index)
    assert ids(index, "lamp") == [in_title.id, in_text.id, typo.id]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The legs are wobbling", "wobble"),
        ("Crème brûlée torch", "creme brulee"),
        ("A comfortable chair", "comf"),
        ("Die Stühle sind schön", "stuhl"),
        ("Die großen Häuser", "grosse haus"),
        ("A comfortable chair", "confortable"),
    ],
)
def test_endings_accents_beginnings_and_typing_errors_are_forgiven(index, text, asked):
    review = written(title="Well", text=text)
    indexed(index)
    assert ids(index, asked) == [review.id]


def test_all_words_must_be_there(index):
    review = written(title="Wobbly table", text="The oak is nice.")
    written(title="Table", text="Made of pine.")
    indexed(index)
    assert ids(index, "oak table") == [review.id]


def test_stars_product_and_pages(index):
    reviews = [written(stars=stars) for stars in (1, 5, 5)]
    indexed(index)
    assert ids(index, "oak", stars=1) == [reviews[0].id]
    assert ids(index, "oak", product_id=reviews[1].product_id) == [reviews[1].id]
    first = index.search(SearchQuery(text="oak", limit=2))
    second = index.search(SearchQuery(text="oak", limit=2, offset=2))
    assert (len(first.hits), first.more, len(second.hits), second.more) == (2, True, 1, False)


def test_matching_words_are_marked(index):
    written(title="Oak & <b>more</b>", text="The oaks <script> are nice.")
    indexed(index)
    (hit,) = index.search(SearchQuery(text="oak")).hits
    assert as_html(hit.title) == "<mark>Oak</mark> &amp; &lt;b&gt;more&lt;/b&gt;"
    assert "<mark>oaks</mark> &lt;script&gt;" in as_html(hit.text)


def test_a_german_form_is_marked_too(index):
    written(title="Gut", text="Die Lampen sind gut.")
    indexed(index)
    (hit,) = index.search(SearchQuery(text="lampe")).hits
    assert "<mark>Lampen</mark>" in as_html(hit.text)


def test_a_rejected_review_is_removed_from_the_index(index):
    review = written()
    indexed(index)
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), text=LINK.text)
    indexed(index)
    assert ids(index, "table") == []
    assert not IndexTask.objects.exists()


def test_an_older_version_changes_nothing(index):
    review = written()
    indexed(index)
    old = Document(
        review_id=review.id, version=0, shown=True, product_id=review.product_id, stars=1, title="Old", text="Old"
    )
    index.write([old])
    index.write([Document(review_id=review.id, version=0, shown=False)])
    index.client.indices.refresh(index=index.alias)
    assert (ids(index, "old"), ids(index, "oak")) == ([], [review.id])


def test_a_rebuild_switches_the_alias_and_leaves_one_index(index):
    review = written()
    indexed(index)
    (before,) = index.client.indices.get(index=f"{index.alias}-*")
    neighbor = f"{index.alias}-of-others"
    index.client.indices.create(index=neighbor)
    assert search_index.rebuild_search(now=timezone.now(), index=index) == 1
    after = set(index.client.indices.get(index=f"{index.alias}-*"))
    assert before not in after
    assert neighbor in after
    assert len(after) == 2
    assert ids(index, "oak") == [review.id]


def test_a_rebuild_that_fails_leaves_the_index_in_use(index):
    review = written()
    indexed(index)

    def broken():
        yield [Document(review_id=review.id, version=1, shown=True, title="a", text="b", published_at="no date")]

    with pytest.raises(SearchUnavailable):
        index.rebuild(broken())
    assert ids(index, "oak") == [review.id]
    assert search_index.rebuild_search(now=timezone.now(), index=index) == 1
    assert len(index.client.indices.get(index=f"{index.alias}-*")) == 1


@pytest.mark.parametrize("text", ['"', "*", "oak*", "AND", "(", "title:oak", "😀", "a " * 100, "\u202e", "x" * 200])
def test_no_search_text_breaks_it(index, text):
    written()
    indexed(index)
    index.search(SearchQuery(text=text))
