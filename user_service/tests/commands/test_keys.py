from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import CommandError, call_command
from django.utils import timezone
from uuid_utils.compat import uuid7

from chassis.core.env import BadEnvironment
from chassis.jwt import InvalidToken, identity_of
from users.providers.keys import KeyRing, ring
from users.providers.tokens import AccessToken

NOW = timezone.now()


@pytest.fixture
def keys_dir(settings, tmp_path):
    settings.JWT_KEYS_DIR = str(tmp_path / "keys")
    return tmp_path / "keys"


def a_token():
    return str(AccessToken.of(user_id=uuid7(), session_id=uuid7(), email_verified=True))


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def test_the_first_key_makes_itself_and_is_readable_by_its_owner_alone(keys_dir):
    ring().signing()
    (file,) = keys_dir.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_production_does_not_start_without_a_key(keys_dir, settings):
    settings.PRODUCTION = True
    with pytest.raises(BadEnvironment):
        ring().signing()
    assert not keys_dir.exists()


def test_after_a_rotation_the_new_key_signs_and_old_tokens_stay_good(keys_dir):
    old = a_token()
    call_command("rotate_keys", verbosity=0)
    new = a_token()
    assert kid_of(old) != kid_of(new)
    assert {key["kid"] for key in ring().published()} == {kid_of(old), kid_of(new)}
    assert identity_of(old)
    assert identity_of(new)


def test_another_process_sees_a_rotation_without_a_restart(keys_dir):
    before = a_token()
    KeyRing(keys_dir).add(timezone.now() + timedelta(seconds=1))
    assert kid_of(a_token()) != kid_of(before)


def test_a_revoked_key_makes_its_tokens_worthless_at_once(keys_dir):
    leaked = a_token()
    call_command("rotate_keys", revoke=kid_of(leaked), verbosity=0)
    with pytest.raises(InvalidToken):
        identity_of(leaked)
    with pytest.raises(CommandError):
        call_command("rotate_keys", revoke="unknown", verbosity=0)


def test_a_key_is_dropped_only_when_its_last_token_has_expired(keys_dir):
    keys, longest = ring(), timedelta(hours=9)
    first = keys.add(NOW - timedelta(hours=30))
    keys.add(NOW - timedelta(hours=8))
    assert keys.idle(now=NOW, longest_token=longest) == []
    assert keys.idle(now=NOW + timedelta(hours=2), longest_token=longest) == [first]


def test_nothing_private_is_published(keys_dir):
    (key,) = ring().published() if ring().signing() else []
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_a_key_of_another_sort_is_refused(keys_dir):
    keys_dir.mkdir()
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (keys_dir / "rsa.pem").write_bytes(pem)
    with pytest.raises(BadEnvironment):
        ring().signing()
