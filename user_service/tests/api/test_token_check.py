"""Forged, stolen and expired tokens at the gateway's check and at the API."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.jwt import ACCESS, STAFF
from testkit import tokens
from tests.factories import a_session, a_user
from users.models import Session

pytestmark = pytest.mark.django_db
PAST = datetime.now(UTC) - timedelta(minutes=10)


@pytest.fixture
def session(user):
    return a_session(user)


def encoded(part):
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(session, **claims):
    now = int(datetime.now(UTC).timestamp())
    given = {"sub": str(session.user_id), "sid": str(session.id), "aud": "souk", "iss": "https://souk.example"}
    return {**given, "iat": now, "exp": now + 300, **claims}


def good(session):
    return tokens.access_token(session.user_id, sid=str(session.id))


def unsigned(session):
    return f"{encoded({'alg': 'none', 'typ': ACCESS, 'kid': tokens.KID})}.{encoded(claims_of(session))}."


def signed_with_the_public_key_as_a_secret(session):
    """Return a token signed by HS256 with the public key."""
    public = (
        tokens.signing_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    signing = f"{encoded({'alg': 'HS256', 'typ': ACCESS, 'kid': tokens.KID})}.{encoded(claims_of(session))}"
    return f"{signing}.{encoded(hmac.new(public, signing.encode(), hashlib.sha256).digest())}"


def tampered(session):
    head, _, signature = good(session).split(".")
    return f"{head}.{encoded(claims_of(session, roles=['admin']))}.{signature}"


def key_in_the_header(session):
    """Return a token with its own key in the header, which must not be trusted."""
    import jwt

    mine = ec.generate_private_key(ec.SECP256R1())
    headers = {"typ": ACCESS, "kid": "mine", "jwk": tokens.jwk(mine, "mine")}
    return jwt.encode(claims_of(session), mine, algorithm="ES256", headers=headers)


def signed(session, *, token_type=ACCESS, key=None, kid=tokens.KID, **claims):
    return tokens.sign(claims_of(session, **claims), token_type=token_type, key=key, kid=kid)


FORGERIES = {
    "no signature": unsigned,
    "HS256 with the public key": signed_with_the_public_key_as_a_secret,
    "tampered claims": tampered,
    "key in the header": key_in_the_header,
    "another key": lambda s: signed(s, key=ec.generate_private_key(ec.SECP256R1())),
    "unknown kid": lambda s: signed(s, kid="unknown"),
    "another audience": lambda s: signed(s, aud="souk-staff"),
    "another issuer": lambda s: signed(s, iss="https://elsewhere.example"),
    "another type": lambda s: signed(s, token_type=STAFF),
    "no type": lambda s: signed(s, token_type="JWT"),
    "expired": lambda s: signed(s, iat=PAST, exp=PAST + timedelta(minutes=5)),
    "issued tomorrow": lambda s: signed(s, nbf=datetime.now(UTC) + timedelta(days=1)),
    "no session": lambda s: signed(s, sid=""),
    "a session of nobody": lambda s: signed(s, sid=str(uuid4())),
    "a session of somebody else": lambda s: signed(s, sub=str(uuid4())),
    "a subject that is no id": lambda s: signed(s, sub="admin"),
    "a staff cookie": lambda s: tokens.staff_cookie(s.user_id),
    "nothing": lambda s: "",
    "nonsense": lambda s: "a.b.c",
    "text": lambda s: "é€\x00",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_opens_nothing(forgery, session, visitor):
    visitor.credentials(HTTP_AUTHORIZATION=f"Bearer {forgery(session)}")
    assert visitor.get("/internal/token-check/").status_code == 401
    answer = visitor.get("/api/v1/users/me/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_good_token_of_a_live_session_passes_in_one_query(session, visitor, django_assert_num_queries):
    visitor.credentials(HTTP_AUTHORIZATION=f"Bearer {good(session)}")
    with django_assert_num_queries(1):
        answer = visitor.get("/internal/token-check/")
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_token_of_an_ended_session_is_refused(session, visitor):
    visitor.credentials(HTTP_AUTHORIZATION=f"Bearer {good(session)}")
    Session.objects.update(revoked_at=datetime.now(UTC))
    assert visitor.get("/internal/token-check/").status_code == 401
    assert visitor.get("/api/v1/users/me/").json()["code"] == "session_ended"


@pytest.mark.parametrize("scheme", ["", "Basic ", "bearer:"])
def test_another_scheme_is_no_token(scheme, session, visitor):
    visitor.credentials(HTTP_AUTHORIZATION=f"{scheme}{good(session)}")
    assert visitor.get("/internal/token-check/").status_code == 401


def test_identity_headers_of_a_client_mean_nothing(visitor):
    forged = {"X-User-Id": str(a_user().id), "X-User-Roles": "admin", "X-Staff": "true"}
    assert visitor.get("/api/v1/users/me/", headers=forged).status_code == 401


def test_a_staff_cookie_is_no_customers_token(staff):
    assert staff().get("/api/v1/users/me/").status_code == 403


def test_the_public_keys_verify_what_the_service_signs(visitor, user):
    answer = visitor.get("/.well-known/jwks.json")
    assert [key["kid"] for key in answer.json()["keys"]] == [tokens.KID]
    assert answer["Cache-Control"] == "public, max-age=60"
    assert visitor.get("/.well-known/jwks.json", headers={"If-None-Match": answer["ETag"]}).status_code == 304
