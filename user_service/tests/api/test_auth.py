import json

import pytest
from django.test import Client
from django.utils import timezone

from chassis.jwt import identity_of
from tests.factories import PASSWORD, a_user, link_in
from users.commands import mail_tokens
from users.domain.sessions import GRACE
from users.models import MailRequest, RefreshToken, Session, User

pytestmark = pytest.mark.django_db
SIGN_UP = {"email": "nia@example.com", "password": PASSWORD, "name": "Nia"}


def token(visitor, email, password=PASSWORD, **headers):
    return visitor.post("/api/v1/auth/token/", {"email": email, "password": password}, headers=headers)


def shape(answer):
    """Return everything of a response that a client sees, without the id of the request."""
    headers = {name: value for name, value in answer.items() if name != "X-Request-ID"}
    return answer.status_code, headers, answer.content


def test_the_whole_way_from_registering_to_a_verified_account(visitor, outbox):
    assert visitor.post("/api/v1/auth/register/", SIGN_UP).status_code == 202
    first = token(visitor, "NIA@example.com").json()
    visitor.credentials(HTTP_AUTHORIZATION=f"Bearer {first['access_token']}")
    assert visitor.get("/api/v1/users/me/").json()["email_verified"] is False
    link = link_in(outbox.one("user.verification_requested.v1"))
    assert visitor.post("/api/v1/auth/verify/", {"token": link}).status_code == 204
    assert visitor.get("/api/v1/users/me/").json()["email_verified"] is True
    answer = visitor.post("/api/v1/auth/refresh/", {"refresh_token": first["refresh_token"]})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert visitor.post("/api/v1/auth/logout/", {"refresh_token": answer.json()["refresh_token"]}).status_code == 204
    assert visitor.get("/api/v1/users/me/").status_code == 401


def test_registering_answers_the_same_for_a_known_and_an_unknown_address(visitor):
    a_user(email="known@example.com")
    a_user(email="locked@example.com", is_active=False)
    emails = ("unknown@example.com", "known@example.com", "locked@example.com")
    answers = [shape(visitor.post("/api/v1/auth/register/", {**SIGN_UP, "email": email})) for email in emails]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 202


@pytest.mark.parametrize("path", ["password/reset/", "verify/resend/"])
def test_asking_for_a_mail_answers_the_same_and_does_the_same_for_every_address(
    path, visitor, django_assert_num_queries
):
    a_user(email="known@example.com")
    a_user(email="locked@example.com", is_active=False)
    answers = []
    for email in ("unknown@example.com", "known@example.com", "locked@example.com"):
        with django_assert_num_queries(1):
            answers.append(shape(visitor.post(f"/api/v1/auth/{path}", {"email": email})))
    assert answers[0] == answers[1] == answers[2]
    assert MailRequest.objects.count() == 3


def test_signing_in_is_refused_the_same_way_for_unknown_locked_and_wrong(visitor):
    a_user(email="known@example.com")
    a_user(email="locked@example.com", is_active=False)
    answers = [
        shape(token(visitor, "unknown@example.com")),
        shape(token(visitor, "locked@example.com")),
        shape(token(visitor, "known@example.com", "wrong")),
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401
    assert json.loads(answers[0][2])["code"] == "sign_in_refused"


def test_the_throttle_too_answers_the_same_for_a_known_and_an_unknown_address(visitor):
    a_user(email="known@example.com")
    for email in ("known@example.com", "unknown@example.com"):
        statuses = [token(visitor, email, "wrong").status_code for _ in range(7)]
        assert statuses == [401] * 6 + [429]


def test_guessing_is_throttled_and_the_owner_can_sign_in_from_elsewhere(visitor, user):
    for _ in range(7):
        refused = token(visitor, user.email, "wrong", **{"X-Real-IP": "192.0.2.66"})
    assert refused.status_code == 429
    assert refused["Retry-After"] == "1"
    assert refused.json()["code"] == "too_many_attempts"
    assert token(visitor, user.email, **{"X-Real-IP": "192.0.2.66"}).status_code == 429
    assert token(visitor, user.email, **{"X-Real-IP": "192.0.2.1"}).status_code == 200


def test_the_access_token_says_who_in_which_session_and_nothing_private(visitor):
    user = a_user(verified=False)
    body = token(visitor, user.email, **{"X-Real-IP": "192.0.2.1", "User-Agent": "Firefox"}).json()
    who = identity_of(body["access_token"])
    assert (who.id, who.session_id, who.roles) == (user.id, body["session_id"], {"customer"})
    session = Session.objects.get(id=body["session_id"])
    assert (session.client, session.user_agent) == ("192.0.2.1", "Firefox")
    assert body["expires_in"] == 300


def test_a_replayed_refresh_token_gets_a_problem_document(visitor, user):
    first = token(visitor, user.email).json()["refresh_token"]
    answers = [visitor.post("/api/v1/auth/refresh/", {"refresh_token": first}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["refresh_token"] == answers[1].json()["refresh_token"]
    RefreshToken.objects.update(used_at=timezone.now() - GRACE * 2)
    again = visitor.post("/api/v1/auth/refresh/", {"refresh_token": first})
    assert (again.status_code, again.json()["code"]) == (401, "refresh_token_not_valid")
    unknown = visitor.post("/api/v1/auth/refresh/", {"refresh_token": "x"})
    assert (unknown.status_code, unknown.json()["code"]) == (401, "refresh_token_not_valid")


def test_signing_out_everywhere_ends_every_session(signed_in, user):
    phone, laptop = signed_in(user), signed_in(user)
    assert phone.post("/api/v1/auth/logout-all/").status_code == 204
    assert laptop.get("/api/v1/users/me/").status_code == 401


def test_changing_the_password_by_the_api(signed_in, user, visitor):
    mine, other = signed_in(user), signed_in(user)
    asked = {"current_password": PASSWORD, "new_password": "a new horse battery"}
    wrong = mine.post("/api/v1/auth/password/change/", {**asked, "current_password": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    assert mine.post("/api/v1/auth/password/change/", asked).status_code == 204
    assert mine.get("/api/v1/users/me/").status_code == 200
    assert other.get("/api/v1/users/me/").status_code == 401
    assert token(visitor, user.email, "a new horse battery").status_code == 200


def test_guessing_the_current_password_with_a_stolen_token_is_slowed(signed_in, user):
    thief = signed_in(user)
    asked = {"current_password": "wrong", "new_password": "a new horse battery"}
    statuses = [thief.post("/api/v1/auth/password/change/", asked).status_code for _ in range(7)]
    assert statuses == [403] * 6 + [429]


def test_resetting_the_password_by_the_api(visitor, user, outbox):
    from django.utils import timezone

    visitor.post("/api/v1/auth/password/reset/", {"email": user.email})
    mail_tokens.answer_mail_requests(now=timezone.now())
    link = link_in(outbox.one("user.password_reset_requested.v1"))
    weak = visitor.post("/api/v1/auth/password/reset/confirm/", {"token": link, "new_password": "short"})
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    asked = {"token": link, "new_password": "a new horse battery"}
    assert visitor.post("/api/v1/auth/password/reset/confirm/", asked).status_code == 204
    again = visitor.post("/api/v1/auth/password/reset/confirm/", asked)
    assert (again.status_code, again.json()["code"]) == (422, "mail_token_not_valid")
    assert token(visitor, user.email, "a new horse battery").status_code == 200


HOSTILE = [
    None,
    [],
    "text",
    7,
    {"email": None},
    {"email": ["a@b.org"]},
    {"email": "a\u0000@b.org"},
    {"email": {"$ne": ""}},
    {"email": "a@b.org", "password": "\ud800" * 12, "name": "\ud800", "token": "\ud800", "refresh_token": "\ud800"},
    {"email": "a" * 5000 + "@b.org"},
    {"password": "x" * 100_000},
    {"token": "\u0000"},
    {"refresh_token": 10**400},
    {"email": "a@" + "ﷺ" * 30 + ".org", "password": PASSWORD, "name": "n"},
    {"name": {}, "locale": "\n", "extra": 1},
    {"email": "a@b.org", "password": PASSWORD, "name": "\u202e", "locale": "en\n"},
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "path",
    ["register", "verify", "verify/resend", "token", "refresh", "logout", "password/reset", "password/reset/confirm"],
)
def test_nonsense_gets_a_problem_document(path, body, visitor):
    answer = visitor.post(f"/api/v1/auth/{path}/", json.dumps(body), content_type="application/json")
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"


def test_broken_json_gets_a_problem_document():
    answer = Client().post("/api/v1/auth/token/", "{", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_bad_token_in_the_header_does_not_keep_anybody_from_signing_in(visitor, user):
    visitor.credentials(HTTP_AUTHORIZATION="Bearer expired")
    assert token(visitor, user.email).status_code == 200


def test_no_password_and_no_secret_is_logged(visitor, caplog):
    caplog.set_level("DEBUG")
    visitor.post("/api/v1/auth/register/", SIGN_UP)
    body = token(visitor, SIGN_UP["email"]).json()
    token(visitor, SIGN_UP["email"], "a wrong password")
    for secret in (PASSWORD, "a wrong password", body["access_token"], body["refresh_token"]):
        assert secret not in caplog.text
    assert User.objects.count() == 1
