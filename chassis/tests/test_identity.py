"""Access tokens: only valid ones of the right signer, type, audience and time are accepted."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import Group
from django.test import Client

from chassis.jwt import ACCESS, STAFF, InvalidToken, KeySet, identity_of, verify
from chassis.staff.models import StaffUser
from testkit import tokens

ME = uuid4()


def forged(**changes):
    claims = {"sub": str(ME), "aud": "souk", **changes.pop("claims", {})}
    return tokens.sign(claims, **{"token_type": ACCESS, **changes})


def test_a_good_token_says_who_calls():
    caller = identity_of(tokens.access_token(ME, roles=["customer", "vip"], scope="a b"))
    assert (caller.id, caller.roles, caller.scopes) == (ME, {"customer", "vip"}, {"a", "b"})


PUBLIC_PEM = (
    tokens.signing_key()
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)


def hmac_with_the_public_key():
    import base64
    import hashlib
    import hmac

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    soon = int(datetime.now(UTC).timestamp()) + 300
    head = part({"alg": "HS256", "typ": ACCESS, "kid": tokens.KID})
    body = part({"sub": str(ME), "aud": "souk", "iss": "https://souk.example", "iat": soon - 300, "exp": soon})
    mac = hmac.new(PUBLIC_PEM, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def unsigned():
    claims = {"sub": str(ME), "aud": "souk", "iss": "https://souk.example", "iat": 0, "exp": 9_999_999_999}
    return pyjwt.encode(claims, None, algorithm="none", headers={"typ": ACCESS, "kid": tokens.KID})


@pytest.mark.parametrize(
    "token",
    [
        forged(claims={"aud": "other"}),
        forged(claims={"iss": "https://evil.example"}),
        forged(claims={"exp": datetime.now(UTC) - timedelta(minutes=1)}),
        forged(claims={"iat": datetime.now(UTC) + timedelta(minutes=10)}),
        forged(token_type="JWT"),
        forged(token_type=STAFF),
        forged(kid="unknown"),
        forged(key=ec.generate_private_key(ec.SECP256R1())),
        forged(claims={"sub": "not a uuid"}),
        hmac_with_the_public_key(),
        unsigned(),
        "",
        "a.b.c",
    ],
)
def test_a_forged_token_is_refused(token):
    with pytest.raises(InvalidToken):
        identity_of(token)


def test_a_new_key_is_taken_up_and_an_old_token_stays_good(tmp_path):
    new, path = ec.generate_private_key(ec.SECP256R1()), tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [tokens.jwk(tokens.signing_key())]}))
    keys = KeySet(path.as_uri(), min_interval=0)
    expected = {"keys": keys, "token_type": ACCESS, "issuer": "https://souk.example", "audience": "souk"}
    old_token = forged()
    verify(old_token, **expected)
    path.write_text(json.dumps({"keys": [tokens.jwk(tokens.signing_key()), tokens.jwk(new, "new")]}))
    verify(forged(kid="new", key=new), **expected)
    verify(old_token, **expected)
    path.unlink()
    verify(old_token, **expected)


def test_an_unknown_key_does_not_make_us_fetch_all_the_time(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": []}))
    keys = KeySet(path.as_uri(), min_interval=60)
    with pytest.raises(InvalidToken):
        keys.key("a")
    path.write_text(json.dumps({"keys": [tokens.jwk(tokens.signing_key(), "a")]}))
    with pytest.raises(InvalidToken):
        keys.key("a")


def test_a_source_that_hangs_holds_nobody_up_whose_key_is_known(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [tokens.jwk(tokens.signing_key(), "a")]}))
    keys = KeySet(path.as_uri(), max_age=0, min_interval=0, patience=0.1)
    keys.key("a")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts the connection and never responds
        keys.url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        began = time.monotonic()
        with ThreadPoolExecutor(20) as pool:
            assert len(list(pool.map(keys.key, ["a"] * 20))) == 20
        with pytest.raises(InvalidToken):
            keys.key("forged")
        assert time.monotonic() - began < 2.5  # one fetch takes three seconds


def test_a_source_that_is_away_is_not_waited_for_each_time(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [tokens.jwk(tokens.signing_key(), "a")]}))
    keys = KeySet(path.as_uri(), max_age=0, min_interval=0)
    keys.key("a")
    path.unlink()
    keys.key("a")
    keys._done.wait(3)
    keys._refresh = keys._done.clear  # a fetch that does not end
    began = time.monotonic()
    assert all(keys.key("a") for _ in range(10))
    assert time.monotonic() - began < 0.4


@pytest.mark.django_db
def test_the_staff_cookie_makes_a_local_copy_with_its_groups(staff):
    assert Group.objects.get(name="support").permissions.count() == 1
    browser = staff(superuser=False, groups=["support", "unknown"], email="sam@souk.test")
    assert browser.get("/admin/probe/inbox/failedmessage/").status_code == 200
    assert browser.get("/admin/probe/outbox/outboxmessage/").status_code == 403
    assert [group.name for group in StaffUser.objects.get(email="sam@souk.test").groups.all()] == ["support"]


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["", "nonsense", tokens.sign({"sub": str(ME), "aud": "souk"}, token_type=ACCESS)])
def test_any_other_cookie_opens_nothing(cookie):
    browser = Client()
    browser.cookies["souk_staff"] = cookie
    answer = browser.get(browser.get("/admin/probe/")["Location"])
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/users/login/?next=%2Fadmin%2Fprobe%2F"
    assert not StaffUser.objects.exists()
