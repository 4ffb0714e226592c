"""The API for clients."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from reviews import commands
from reviews.domain.review import Rejection
from reviews.models import Report, Review
from testkit.project import queries_of
from tests.factories import LINK, bought, written

pytestmark = pytest.mark.django_db

URL = "/api/v1/reviews/"


def body(product_id, **given):
    return {"product_id": str(product_id), "stars": 5, "title": "Fine", "text": "It does what it should.", **given}


def post(client, data, key=None):
    return client.post(URL, data, headers={"Idempotency-Key": key or str(uuid4())})


def test_a_verified_buyer_writes_a_review_and_everybody_reads_it(api, customer_id):
    _, product_id = bought(customer_id)
    answer = post(api(), body(product_id))
    assert answer.status_code == 201
    assert answer.json()["status"] == "published"
    assert api(None).get(answer["Location"]).json()["text"] == "It does what it should."
    (listed,) = api(None).get(URL, {"product_id": product_id}).json()["results"]
    assert listed["verified_purchase"] is True
    assert "customer_id" not in listed
    assert str(customer_id) not in str(listed)


def test_the_same_key_again_is_the_same_review(api, customer_id):
    _, product_id = bought(customer_id)
    first, again = (post(api(), body(product_id), key="once") for _ in range(2))
    assert (first.json()["id"], again.status_code) == (again.json()["id"], 201)
    assert Review.objects.count() == 1
    assert post(api(), body(product_id, stars=1), key="once").status_code == 422
    assert api().post(URL, body(product_id)).status_code == 400


def test_a_customer_without_a_purchase_gets_a_reason(api):
    answer = post(api(), body(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_verified_buyer")


def test_a_second_review_is_a_conflict_that_names_the_first(api, customer_id):
    review = written(customer_id=customer_id)
    answer = post(api(), body(review.product_id))
    assert (answer.status_code, answer.json()["code"]) == (409, "already_reviewed")
    assert answer.json()["review_id"] == str(review.id)


def test_only_customers_write(api):
    review = written()
    for method, path in (
        ("post", URL),
        ("patch", f"{URL}{review.id}/"),
        ("delete", f"{URL}{review.id}/"),
        ("get", f"{URL}mine/"),
        ("post", f"{URL}{review.id}/vote/"),
        ("delete", f"{URL}{review.id}/vote/"),
        ("post", f"{URL}{review.id}/report/"),
    ):
        answer = getattr(api(None), method)(path, {})
        assert answer.status_code == 401, (method, path)


def test_a_held_review_is_seen_by_its_author_alone(api, customer_id):
    review = written(customer_id=customer_id, words=LINK)
    mine = api().get(f"{URL}{review.id}/")
    assert mine.json()["status"] == "pending"
    assert mine["Cache-Control"] == "private, no-store"
    assert api(uuid4()).get(f"{URL}{review.id}/").status_code == 404
    assert api(None).get(f"{URL}{review.id}/").status_code == 404
    assert api(None).get(URL).json()["results"] == []


def test_an_author_reads_why_a_review_was_rejected(api, customer_id):
    review = written(customer_id=customer_id)
    commands.reject_review(review_id=review.id, reason=Rejection.SPAM, now=timezone.now())
    (mine,) = api().get(f"{URL}mine/").json()["results"]
    assert mine["status"] == "rejected"
    assert "advertises" in mine["message"]
    assert api(uuid4()).get(f"{URL}mine/").json()["results"] == []


def test_an_author_changes_and_withdraws_a_review(api, customer_id):
    path = f"{URL}{written(customer_id=customer_id).id}/"
    assert api().patch(path, {"stars": 1}).json()["stars"] == 1
    assert api().patch(path, {"text": LINK.text}).json()["status"] == "pending"
    assert api().delete(path).status_code == 204
    assert api().get(path).status_code == 404
    assert api().delete(path).status_code == 404


def test_another_customers_review_answers_as_a_missing_one(api):
    review = written()
    for path in (f"{URL}{review.id}/", f"{URL}{uuid4()}/"):
        changed = api().patch(path, {"stars": 1})
        assert (changed.status_code, changed.json()["code"]) == (404, "not_found")
        gone = api().delete(path)
        assert (gone.status_code, gone.json()) == (404, changed.json())
    assert Review.objects.get().stars == 4


def test_the_list_is_filtered_and_ordered(api):
    product_id = uuid4()
    stars = {written(product_id=product_id, stars=n).id: n for n in (3, 5, 1, 4)}
    written()
    best = next(id_ for id_, n in stars.items() if n == 3)
    commands.vote_on_review(review_id=best, voter_id=uuid4(), helpful=True, now=timezone.now())

    def listed(**params):
        answer = api(None).get(URL, {"product_id": product_id, **params}).json()
        return [found["stars"] for found in answer["results"]]

    assert listed() == listed(ordering="newest") == [4, 1, 5, 3]
    assert listed(ordering="highest") == [5, 4, 3, 1]
    assert listed(ordering="lowest") == [1, 3, 4, 5]
    assert listed(ordering="helpful")[0] == 3
    assert listed(stars=5) == [5]


@pytest.mark.parametrize("ordering", ["newest", "helpful", "highest", "lowest"])
def test_pages_show_each_review_once(api, ordering):
    product_id = uuid4()
    expected = {str(written(product_id=product_id, stars=1 + n % 2).id) for n in range(7)}
    url, seen = f"{URL}?product_id={product_id}&page_size=2&ordering={ordering}", []
    while url:
        answer = api(None).get(url).json()
        seen += [found["id"] for found in answer["results"]]
        url = answer["next"]
    assert len(seen) == 7
    assert set(seen) == expected


def test_the_list_makes_one_query_however_long_it_is(api):
    product_id = uuid4()
    client = api(None)
    counts = []
    for _ in range(2):
        for _ in range(3):
            written(product_id=product_id)
        counts.append(queries_of(connection, lambda: client.get(URL, {"product_id": product_id})))
    assert counts == [1, 1]


def test_a_visitors_response_may_be_cached_and_a_customers_may_not(api):
    review = written()
    for path in (URL, f"{URL}{review.id}/", f"{URL}search/?q=oak", f"/api/v1/ratings/{review.product_id}/"):
        answer = api(None).get(path)
        assert answer["Cache-Control"] == "public, max-age=30", path
        again = api(None).get(path, headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert api().get(path)["Cache-Control"] == "private, no-store", path


def test_a_rating_is_public_and_zero_where_nothing_was_written(api):
    nothing = api(None).get(f"/api/v1/ratings/{uuid4()}/").json()
    assert (nothing["count"], nothing["average_hundredths"]) == (0, 0)
    assert nothing["histogram"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}
    review = written()
    assert api(None).get(f"/api/v1/ratings/{review.product_id}/").json()["average_hundredths"] == 400


def test_a_customer_has_one_vote_and_may_change_it(api):
    path = f"{URL}{written().id}/vote/"
    assert api().post(path, {"helpful": True}).json() == {"yes": 1, "no": 0}
    assert api().post(path, {"helpful": True}).json() == {"yes": 1, "no": 0}
    assert api().post(path, {"helpful": False}).json() == {"yes": 0, "no": 1}
    assert api(uuid4()).post(path, {"helpful": False}).json() == {"yes": 0, "no": 2}
    assert [api().delete(path).status_code for _ in range(2)] == [204, 204]
    assert (Review.objects.get().helpful_no, Review.objects.get().helpfulness) == (1, -1)


def test_nobody_votes_on_the_own_review_or_on_one_that_is_not_shown(api, customer_id):
    own, held = written(customer_id=customer_id), written(words=LINK)
    answer = api().post(f"{URL}{own.id}/vote/", {"helpful": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "own_review")
    assert api().post(f"{URL}{held.id}/vote/", {"helpful": True}).status_code == 404
    assert api().delete(f"{URL}{uuid4()}/vote/").status_code == 404


def test_a_customer_reports_a_review(api):
    path = f"{URL}{written().id}/report/"
    assert api().post(path, {"reason": "spam", "note": "An advertisement"}).status_code == 201
    assert api().post(path, {"reason": "offensive"}).status_code == 200
    assert Report.objects.get().note == "An advertisement"


def test_a_list_is_not_silently_in_another_order_than_was_asked(api):
    answer = api(None).get(f"{URL}?ordering=stars")
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, ["ordering"])


@pytest.mark.parametrize("path", [URL, f"{URL}search/"])
def test_a_cursor_of_another_filter_or_order_is_refused(api, path):
    product_id = uuid4()
    for _ in range(3):
        written(product_id=product_id, stars=5)
    asked = {"page_size": 1} if path == URL else {"page_size": 1, "q": "oak"}
    following = api(None).get(path, asked).json()["next"]
    assert api(None).get(following).status_code == 200
    for other in ({"stars": 5}, {"product_id": str(product_id)}, {"ordering": "highest"}):
        answer = api(None).get(following + "&" + urlencode(other))
        assert answer.status_code == 400, other
