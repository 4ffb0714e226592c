"""Passwords: Argon2id at OWASP's size, and the same work whether there is an account or not."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, get_hasher, make_password

from users.domain.accounts import normal_password


class Argon2(Argon2PasswordHasher):
    """m = 19 MiB, t = 2, p = 1 (OWASP). Django's own default takes 100 MiB and eight lanes for each sign-in."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


def matches(password: str, encoded: str | None) -> bool:
    """The same work, always: without a usable hash, against a hash that nothing matches.

    A password that is not in its normal form is tried as it was typed, too: it may be older than the normal form.
    """
    usable = encoded if encoded and not encoded.startswith("!") else None
    good = [check_password(form, usable or dummy()) for form in {normal_password(password), password}]
    return any(good) and usable is not None


def is_of_typed_form(password: str, encoded: str) -> bool:
    """Whether this password, known to match, was hashed as it was typed and not in its normal form."""
    normal = normal_password(password)
    return normal != password and not check_password(normal, encoded)


def hashed(password: str) -> str:
    return make_password(normal_password(password))


def dummy() -> str:
    """Made with the present hasher, at the start of the process (see wsgi.py) rather than by the first guess."""
    return _dummy(get_hasher().algorithm)


@cache
def _dummy(algorithm: str) -> str:
    return make_password("a password that nobody has", hasher=algorithm)
