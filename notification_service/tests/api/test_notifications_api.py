"""Customers read their own notifications and nobody else's."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from tests.factories import a_contact, confirmed, delivered, token_sent

from testkit.project import queries_of

pytestmark = pytest.mark.django_db
LIST = "/api/v1/notifications/"


@pytest.fixture
def told(deliver, customer_id):
    a_contact(customer_id)
    deliver("order.confirmed.v1", confirmed(customer_id))
    deliver("order.delivered.v1", delivered(customer_id))
    deliver("user.verification_requested.v1", token_sent(customer_id))


def test_the_list_is_newest_first_without_mails_that_carry_a_token(api, told):
    rows = api().get(LIST).json()["results"]
    assert [row["kind"] for row in rows] == ["order_delivered", "order_confirmed"]
    assert set(rows[0]) == {"id", "kind", "category", "title", "body", "link", "created_at", "read_at"}


def test_reading_one_and_then_all(api, told):
    client = api()
    first = client.get(LIST).json()["results"][0]
    assert client.get(f"{LIST}unread/").json() == {"count": 2}
    assert client.post(f"{LIST}{first['id']}/read/").json()["read_at"]
    assert client.get(f"{LIST}unread/").json() == {"count": 1}
    assert [row["id"] for row in client.get(LIST, {"unread": "false"}).json()["results"]] == [first["id"]]
    assert client.post(f"{LIST}read/").json() == {"count": 1}
    assert client.post(f"{LIST}read/").json() == {"count": 0}


def test_somebody_elses_notification_looks_like_none(api, told):
    mine = api().get(LIST).json()["results"][0]["id"]
    other = api(uuid4())
    for path in (mine, str(uuid4())):
        seen = other.get(f"{LIST}{path}/")
        marked = other.post(f"{LIST}{path}/read/")
        assert (seen.status_code, marked.status_code) == (404, 404)
        assert seen.json()["code"] == marked.json()["code"] == "not_found"
    assert api().get(f"{LIST}{mine}/").json()["read_at"] is None
    assert other.get(LIST).json()["results"] == []


def test_the_list_takes_the_same_statements_for_one_and_for_many(api, told, deliver, customer_id):
    few = queries_of(connection, lambda: api().get(LIST))
    for _ in range(15):
        deliver("order.confirmed.v1", confirmed(customer_id))
    assert queries_of(connection, lambda: api().get(LIST)) == few


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", LIST),
        ("get", f"{LIST}unread/"),
        ("post", f"{LIST}read/"),
        ("get", "/api/v1/notification-preferences/"),
        ("get", "/api/v1/devices/"),
        ("post", "/api/v1/ws-tickets/"),
    ],
)
def test_a_token_is_required(api, method, path):
    answer = getattr(api(None), method)(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")


@pytest.mark.parametrize("query", [{"unread": "maybe"}, {"category": "\x00"}, {"cursor": "x"}, {"page_size": "9" * 99}])
def test_strange_questions_get_an_answer_and_no_error(api, told, query):
    assert api().get(LIST, query).status_code in {200, 400, 404}


@pytest.mark.parametrize("path", ["nonsense/", f"{uuid4()}/nonsense/", "%00/", "%ED%A0%80/"])
def test_strange_paths_are_not_found(api, path):
    assert api().get(f"{LIST}{path}").status_code == 404
