"""Every error is answered with a problem document that reveals no internals."""

import errno

import pytest
from django.db import DatabaseError, OperationalError
from probe import urls

from chassis import transactions

pytestmark = pytest.mark.django_db
PATH = "/api/v1/effects/"
KEY = {"Idempotency-Key": "key-1"}


def is_problem(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    document = answer.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["detail"]
    return document


def test_bad_input_names_each_field(api):
    answer = api().post(PATH, {"name": "x" * 21, "price": 1}, headers=KEY)
    document = is_problem(answer, 400, "invalid_input")
    assert [error["field"] for error in document["errors"]] == ["price"]


@pytest.mark.parametrize("body", ["{", "[1,", '"\\ud800"', "nul\x00"])
def test_broken_json_is_the_callers_fault(api, body):
    answer = api().post(PATH, body, content_type="application/json", headers=KEY)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("body", ["[]", "3", "null", '"text"'])
def test_json_that_is_no_object_is_the_callers_fault(api, body):
    is_problem(api().post(PATH, body, content_type="application/json", headers=KEY), 400, "invalid_input")


def test_a_body_that_is_too_large(api):
    is_problem(api().post(PATH, {"name": "x" * 20_000}, headers=KEY), 413, "too_large")


def test_nobody_is_told_to_sign_in(api):
    answer = api(None).post(PATH, {"name": "x"}, headers=KEY)
    is_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_other_media_types_and_methods(api):
    is_problem(
        api().post(PATH, "a=b", content_type="application/x-www-form-urlencoded", headers=KEY),
        415,
        "unsupported_media_type",
    )
    is_problem(api().delete(PATH), 405, "method_not_allowed")


def test_an_unknown_path(api):
    is_problem(api().get("/api/v1/nothing/"), 404, "not_found")


def test_a_defect_shows_nothing_of_its_inside(api):
    answer = api().post(PATH, {"name": "broken"}, headers=KEY)
    is_problem(answer, 500, "internal_error")
    assert b"secret inside" not in answer.content


def test_a_lost_database_asks_to_come_back(api, monkeypatch):
    def lost(*args, **kwargs):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(urls.Effect.objects, "create", lost)
    answer = api().post(PATH, {"name": "x"}, headers=KEY)
    is_problem(answer, 503, "database_unavailable")
    assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("failure", ["AutoReconnect", "NetworkTimeout", "ServerSelectionTimeoutError"])
def test_a_lost_mongodb_asks_to_come_back_too(api, monkeypatch, failure):
    """Its backend wraps every error in DatabaseError, except while it connects."""
    errors = pytest.importorskip("pymongo.errors")
    lost = getattr(errors, failure)("no answer")
    wrapped = DatabaseError()
    wrapped.__cause__ = lost
    monkeypatch.setattr(transactions.connection, "vendor", "mongodb")
    assert transactions.is_unavailable(lost)
    assert transactions.is_unavailable(wrapped)
    assert not transactions.is_unavailable(DatabaseError("a defect"))


def test_a_conflict_is_not_retried_for_longer_than_a_request_may_take(monkeypatch):
    """A connection that hangs is lost in each attempt, after the whole time limit."""
    monkeypatch.setattr(transactions, "LONGEST_RETRY", 0)
    attempts = []

    @transactions.transactional
    def command():
        attempts.append(1)
        raise transactions.Conflict

    with pytest.raises(transactions.Conflict):
        command()
    assert len(attempts) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_asks_to_come_back(api, monkeypatch, number):
    def full(*args, **kwargs):
        raise OSError(number, "No space left on device")

    monkeypatch.setattr(urls.Effect.objects, "create", full)
    answer = api().post(PATH, {"name": "x"}, headers=KEY)
    is_problem(answer, 503, "storage_unavailable")
    assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("body", ["[" * 9_000, '{"a":' * 1_500])
def test_json_without_end_is_the_callers_fault(api, body):
    is_problem(api().post(PATH, body, content_type="application/json", headers=KEY), 400, "parse_error")


def test_a_problem_document_repeats_no_long_or_unprintable_input(api):
    body = "{" + '"\\ud800": 1, "' + "x" * 5_000 + '": 1, ' + ",".join(f'"f{n}": 1' for n in range(80)) + "}"
    answer = api().post(PATH, body, content_type="application/json", headers=KEY)
    assert len(is_problem(answer, 400, "invalid_input")["errors"]) == 50
    assert len(answer.content) < 10_000


def test_nul_in_an_address_reaches_nothing(api):
    is_problem(api().get(f"{PATH}?a=%00"), 400, "bad_request")
    is_problem(api().get(f"{PATH}%00"), 404, "not_found")


def test_a_client_that_accepts_only_other_types_gets_json(api):
    is_problem(api().post(PATH, {"name": "x"}, headers={**KEY, "Accept": "image/png"}), 406, "not_acceptable")
