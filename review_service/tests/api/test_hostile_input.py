"""Invalid input gets a problem document, never a 5xx, and has no effect."""

import base64
import json
from uuid import uuid4

import pytest

from reviews.models import Report, Review, Vote
from tests.factories import bought, written

pytestmark = pytest.mark.django_db

URL = "/api/v1/reviews/"
NASTY = [None, True, [], {}, [[]], "", " ", "\x00", "a\x00b", "\u200b", -1, 0, 6, 10**30, 1.5, "5\n", "x" * 100_000]


def post(client, data, path=URL):
    return client.post(path, data, headers={"Idempotency-Key": str(uuid4())})


@pytest.mark.parametrize("field", ["product_id", "stars", "title", "text"])
@pytest.mark.parametrize("value", NASTY, ids=lambda value: repr(value)[:20])
def test_a_bad_field_of_a_review(api, customer_id, field, value):
    _, product_id = bought(customer_id)
    good = {"product_id": str(product_id), "stars": 5, "title": "Fine", "text": "It works."}
    answer = post(api(), {**good, field: value})
    if answer.status_code == 201:  # a digit is a valid title
        assert field in {"title", "text"}
        assert isinstance(value, str)
        return
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not Review.objects.exists()


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'"x"', b'{"title": "\\ud800"}', b"\xff\xfe", b"1e999"])
def test_a_body_that_is_no_review(api, customer_id, raw):
    review = written()
    key = {"Idempotency-Key": "k"}
    for path in (URL, f"{URL}{review.id}/vote/", f"{URL}{review.id}/report/"):
        answer = api().post(path, raw, content_type="application/json", headers=key)
        assert answer.status_code == 400, (path, answer.content)
    answer = api().patch(f"{URL}{review.id}/", raw, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert not Vote.objects.exists()
    assert not Report.objects.exists()


def test_a_lone_surrogate_is_no_text(api, customer_id):
    _, product_id = bought(customer_id)
    raw = json.dumps({"product_id": str(product_id), "stars": 5, "title": "\ud800", "text": "\udfff"})
    answer = api().post(URL, raw, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 400


def test_unknown_and_foreign_fields_are_refused(api, customer_id):
    _, product_id = bought(customer_id)
    body = {"product_id": str(product_id), "stars": 5, "title": "Fine", "text": "Good.", "status": "published"}
    assert post(api(), body).status_code == 400
    own = written(customer_id=customer_id)
    assert api().patch(f"{URL}{own.id}/", {"product_id": str(uuid4())}).status_code == 400
    assert api().patch(f"{URL}{own.id}/", {}).status_code == 400


@pytest.mark.parametrize("value", ["maybe", None, [], {}, "\x00", 7])
def test_a_bad_vote(api, value):
    assert api().post(f"{URL}{written().id}/vote/", {"helpful": value}).status_code == 400
    assert not Vote.objects.exists()


@pytest.mark.parametrize("data", [{}, {"reason": "boring"}, {"reason": []}, {"reason": "spam", "note": "x" * 501}])
def test_a_bad_report(api, data):
    assert api().post(f"{URL}{written().id}/report/", data).status_code == 400
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "product_id=nonsense",
        "product_id=%00",
        "stars=6",
        "stars=1e400",
        "stars=99999999999999999999999999",
        "stars[]=1",
        "page_size=-1",
        "page_size=99999999999999999999999999",
        "ordering=%00",
        "ordering=customer_id",
        "cursor=",
        "cursor=%00",
        "cursor=nonsense",
        "cursor=" + base64.b64encode(b"p=nonsense").decode(),
        "cursor=" + base64.b64encode(b"p=0001-01-01T00:00:00%2B14:00").decode(),
        "cursor=" + base64.b64encode(b"p=%00").decode(),
        "cursor=" + base64.b64encode(b"o=999999999999999999999999999").decode(),
        "ordering=highest&cursor=" + base64.b64encode(b"p=99999999999999999999999999").decode(),
        "ordering=helpful&cursor=" + base64.b64encode(b"p=nonsense&r=1").decode(),
    ],
)
def test_a_bad_list_query(api, query):
    written()
    answer = api(None).get(f"{URL}?{query}")
    assert answer.status_code in {200, 400, 404}, answer.content
    if answer.status_code != 200:
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=",
        "q=" + "a" * 201,
        "q=oak&stars=9",
        "q=oak&product_id=x",
        "q=oak&cursor=-1",
        "q=oak&page_size=0",
    ],
)
def test_a_bad_search(api, query):
    answer = api(None).get(f"{URL}search/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    "text",
    [
        '"', "'", "*", "oak*", "oak OR", "NOT", "AND AND", "NEAR(oak", "title:oak", "{title} : oak", "(((", "oak)",
        "-oak", "^oak", "oak + ", "_", "__ __", "!", "%", "%%s", "%(query)s", ":*", "&", "a & b | !c", "oak <-> table",
        "\\", "\\'", "😀", "'; DROP TABLE reviews_review; --", "a " * 100, "\u202e", "١٢٣", "ⅷ", "İ", "ß",
    ],
)  # fmt: skip
def test_no_search_text_breaks_the_engine(api, text):
    written()
    answer = api(None).get(f"{URL}search/", {"q": text})
    assert answer.status_code in {200, 400}, answer.content


def test_ids_that_are_none(api):
    for path in (f"{URL}1/", f"{URL}%00/", f"{URL}{'a' * 36}/", "/api/v1/ratings/1/", f"{URL}nonsense/vote/"):
        assert api(None).get(path).status_code == 404, path
