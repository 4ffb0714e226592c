import json
import threading
from collections import Counter
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from testkit.project import queries_of
from tests.factories import ADDRESS, PASSWORD, a_session, a_user, an_address
from users.models import Address, MailToken, RefreshToken, Session, User

pytestmark = pytest.mark.django_db
ME, ADDRESSES, SESSIONS = "/api/v1/users/me/", "/api/v1/users/me/addresses/", "/api/v1/users/me/sessions/"


def test_the_account_shows_itself_and_no_password(signed_in, user):
    body = signed_in(user).get(ME).json()
    assert set(body) == {"id", "email", "email_verified", "name", "locale", "phone", "created_at"}


def test_a_changed_profile_is_told_to_the_others_and_an_unchanged_one_is_not(signed_in, user, outbox):
    client = signed_in(user)
    changes = {"name": "Mira L.", "locale": "sv-SE", "phone": "+46 (0)8 123.456"}
    body = client.patch(ME, changes | {"phone": "+46 8 123 456"}).json()
    assert (body["name"], body["locale"], body["phone"]) == ("Mira L.", "sv-SE", "+468123456")
    assert outbox.one("user.profile_changed.v1") == {
        "user_id": str(user.id),
        "email": user.email,
        "name": "Mira L.",
        "locale": "sv-SE",
        "phone": "+468123456",
    }
    client.patch(ME, {"name": "Mira L."})
    client.patch(ME, {})
    assert len(outbox.types()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "12345"},
        {"phone": "+0123456789"},
        {"locale": "english"},
        {"name": ""},
        {"name": "x" * 151},
        {"name": "\u0000"},
        {"email": "other@example.com"},
        {"is_staff": True},
        {"id": str(uuid4())},
        [1],
    ],
)
def test_a_read_only_field_is_refused(changes, signed_in, user):
    answer = signed_in(user).patch(ME, json.dumps(changes), content_type="application/json")
    assert answer.status_code == 400
    assert User.objects.values("name", "email", "is_staff").get() == {
        "name": user.name,
        "email": user.email,
        "is_staff": False,
    }


def test_deleting_the_account_forgets_the_person_and_tells_the_others(signed_in, visitor, outbox):
    user = a_user(email="gone@example.com", phone="+431234567")
    client = signed_in(user)
    an_address(user)
    assert client.delete(ME, {"password": PASSWORD}).status_code == 204
    gone = User.objects.get()
    assert (gone.email, gone.name, gone.phone, gone.is_active) == ("", "", "", False)
    assert "gone" not in str(vars(gone))
    assert outbox.one("user.deleted.v1") == {"user_id": str(user.id)}
    for model in (Address, Session, RefreshToken, MailToken):
        assert not model.objects.exists()
    assert client.get(ME).status_code == 401
    again = {"email": "gone@example.com", "password": "correct horse battery", "name": "Back"}
    visitor.post("/api/v1/auth/register/", again)
    assert User.objects.filter(email_key="gone@example.com").count() == 1


def test_staff_do_not_delete_themselves(signed_in, outbox):
    answer = signed_in(a_user(is_staff=True)).delete(ME, {"password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (409, "staff_account_not_deletable")
    assert outbox.types() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({"password": "wrong"}, 403), ({}, 400), ({"password": ""}, 400), (None, 400)],
)
def test_an_account_is_deleted_with_its_password_only(body, status, signed_in, user, outbox):
    answer = signed_in(user).delete(ME, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, "password")
    assert User.objects.get().deleted_at is None
    assert outbox.types() == []


def test_guessing_the_password_for_a_deletion_is_throttled(signed_in, user):
    client = signed_in(user)
    statuses = [client.delete(ME, {"password": "wrong"}).status_code for _ in range(7)]
    assert statuses == [403] * 6 + [429]
    assert client.delete(ME, {"password": PASSWORD}).status_code == 429


def test_the_default_address_is_given_up_by_choosing_another(signed_in, user):
    client = signed_in(user)
    first, second = an_address(user), an_address(user)
    answer = client.patch(f"{ADDRESSES}{first}/", {"is_default": False, "city": "Lund"})
    assert (answer.status_code, answer.json()["code"]) == (409, "default_address_needed")
    assert client.get(f"{ADDRESSES}{first}/").json()["city"] == ADDRESS["city"]
    assert client.patch(f"{ADDRESSES}{second}/", {"is_default": False}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_limit_to_addresses_holds_however_many_come_at_once():
    user, start, answers = a_user(), threading.Barrier(40), []
    for _ in range(15):
        an_address(user)

    def add():
        start.wait()
        try:
            an_address(user)
            answers.append("added")
        except Exception as error:
            answers.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answers) == {"added": 5, "TooManyAddresses": 35}
    assert Address.objects.count() == User.objects.get().address_count == 20


def test_a_deleted_address_makes_room_for_another(signed_in, user):
    client = signed_in(user)
    for _ in range(20):
        address_id = an_address(user)
    assert client.delete(f"{ADDRESSES}{address_id}/").status_code == 204
    assert client.post(ADDRESSES, ADDRESS).status_code == 201
    assert client.post(ADDRESSES, ADDRESS).status_code == 409


def test_the_first_address_is_the_default_and_there_is_never_more_than_one(signed_in, user):
    client = signed_in(user)
    first = client.post(ADDRESSES, ADDRESS)
    assert (first.status_code, first.json()["is_default"]) == (201, True)
    second = client.post(ADDRESSES, {**ADDRESS, "city": "Umeå", "is_default": True}).json()
    third = client.post(ADDRESSES, {**ADDRESS, "city": "Lund"}).json()
    assert [a["is_default"] for a in client.get(ADDRESSES).json()] == [False, True, False]
    client.patch(f"{ADDRESSES}{third['id']}/", {"is_default": True})
    assert [a["is_default"] for a in client.get(ADDRESSES).json()] == [False, False, True]
    client.delete(f"{ADDRESSES}{third['id']}/")
    assert [a["is_default"] for a in client.get(ADDRESSES).json()] == [True, False]
    assert client.get(f"{ADDRESSES}{second['id']}/").json()["is_default"] is False


def test_an_address_may_be_changed_in_part(signed_in, user):
    client = signed_in(user)
    address_id = an_address(user)
    body = client.patch(f"{ADDRESSES}{address_id}/", {"city": "Malmö", "line2": "c/o Berg"}).json()
    assert (body["city"], body["line2"], body["line1"]) == ("Malmö", "c/o Berg", ADDRESS["line1"])
    assert client.patch(f"{ADDRESSES}{address_id}/", {}).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"country": "XX"}, {"country": "se"}, {"name": ""}, {"phone": "call me"}, {"city": None}, {"user": 1}]
)
def test_a_wrong_address_is_refused(wrong, signed_in, user):
    assert signed_in(user).post(ADDRESSES, {**ADDRESS, **wrong}).status_code == 400
    assert not Address.objects.exists()


def test_there_is_a_limit_to_addresses(signed_in, user):
    for _ in range(20):
        an_address(user)
    answer = signed_in(user).post(ADDRESSES, ADDRESS)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_addresses")


def test_another_ones_address_looks_exactly_as_a_missing_one(signed_in, user):
    theirs = an_address(a_user())
    client = signed_in(user)
    for call in (client.get, client.delete, lambda url: client.patch(url, {"city": "Mine"})):
        answers = [call(f"{ADDRESSES}{which}/") for which in (theirs, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert client.get(ADDRESSES).json() == []
    assert Address.objects.get().city == ADDRESS["city"]


def test_sessions_show_where_one_is_signed_in_and_can_be_ended(signed_in, user):
    a_session(user, revoked_at=timezone.now())
    phone, laptop = signed_in(user), signed_in(user)
    listed = laptop.get(SESSIONS).json()["results"]
    assert {s["id"]: s["current"] for s in listed} == {str(phone.session_id): False, str(laptop.session_id): True}
    assert laptop.delete(f"{SESSIONS}{phone.session_id}/").status_code == 204
    assert phone.get(ME).status_code == 401
    assert laptop.get(ME).status_code == 200


def test_another_ones_session_looks_exactly_as_a_missing_one(signed_in, user):
    theirs = a_session(a_user())
    client = signed_in(user)
    answers = [client.delete(f"{SESSIONS}{which}/") for which in (theirs.id, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert Session.objects.get(id=theirs.id).revoked_at is None


def test_lists_make_a_constant_number_of_queries(signed_in, user):
    client = signed_in(user)
    an_address(user)
    few = [queries_of(connection, partial(client.get, path)) for path in (ADDRESSES, SESSIONS)]
    for _ in range(10):
        an_address(user)
        a_session(user)
    many = [queries_of(connection, partial(client.get, path)) for path in (ADDRESSES, SESSIONS)]
    assert few == many


@pytest.mark.parametrize("path", [ME, ADDRESSES, SESSIONS, f"{ADDRESSES}01a2150f-0000-7000-8000-000000000000/"])
def test_a_visitor_sees_nothing(path, visitor):
    answer = visitor.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


@pytest.mark.parametrize("path", [f"{ADDRESSES}nonsense/", f"{SESSIONS}1/", "/api/v1/users/me/nothing/"])
def test_an_id_that_is_none_is_not_found(path, signed_in, user):
    assert signed_in(user).get(path).status_code == 404
