"""Password hashes: Argon2id with OWASP's parameters, and the same work whether or not the account exists."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, get_hasher, make_password

from users.domain.accounts import normalize_password


class Argon2(Argon2PasswordHasher):
    """m = 19 MiB, t = 2, p = 1 (OWASP). Django's default takes 100 MiB and eight lanes per sign-in."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


def matches(password: str, encoded: str | None) -> bool:
    """Return whether the password matches. The work is the same without a usable hash: a dummy is checked instead.

    A password that is not in normal form is also tried as typed, because its hash may predate normalization.
    """
    usable = encoded if encoded and not encoded.startswith("!") else None
    results = [check_password(form, usable or dummy_hash()) for form in {normalize_password(password), password}]
    return any(results) and usable is not None


def is_unnormalized(password: str, encoded: str) -> bool:
    """Return whether this matching password was hashed as typed instead of in its normal form."""
    normal = normalize_password(password)
    return normal != password and not check_password(normal, encoded)


def hash_password(password: str) -> str:
    """Return the hash of the password's normal form."""
    return make_password(normalize_password(password))


def dummy_hash() -> str:
    """Return a hash that no password matches, made with the current hasher; wsgi.py makes it at start-up."""
    return _dummy_hash(get_hasher().algorithm)


@cache
def _dummy_hash(algorithm: str) -> str:
    return make_password("a password that nobody has", hasher=algorithm)
