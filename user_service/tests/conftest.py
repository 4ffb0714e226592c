"""Fixtures of the user service. Its own tokens are signed by the key of `testkit.tokens`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from rest_framework.test import APIClient

from chassis.staff.middleware import COOKIE
from testkit import tokens
from tests.factories import a_session, a_sign_on, a_user
from users.models import User
from users.providers import throttle

pytest_plugins = ["testkit.plugin"]


@pytest.fixture(autouse=True, scope="session")
def _signing_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("jwt-keys")
    pem = tokens.signing_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{tokens.KID}.pem").write_bytes(pem)
    settings.JWT_KEYS_DIR = str(folder)


@pytest.fixture(autouse=True)
def _quick_passwords(request: pytest.FixtureRequest, settings: Any) -> None:
    """Use a quick password hash; `@pytest.mark.argon2` keeps Argon2, which takes a tenth of a second."""
    if not request.node.get_closest_marker("argon2"):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _fresh_throttle(settings: Any) -> Iterator[None]:
    """Use the process's own counter, empty, instead of Redis."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttle.reset()
    yield
    throttle.reset()


@pytest.fixture
def user(db: None) -> User:
    return a_user()


@pytest.fixture
def signed_in() -> Callable[..., APIClient]:
    """`signed_in(user)`: a client in a live session of this user."""

    def client(user: User, **claims: Any) -> APIClient:
        made = APIClient(raise_request_exception=False)
        session = a_session(user)
        token = tokens.access_token(user.id, **{"sid": str(session.id), **claims})
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        made.session_id = session.id
        return made

    return client


@pytest.fixture
def visitor() -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """As the test kit's fixture, with an account that exists: `user` of the browser."""

    def browser(*, superuser: bool = True, groups: tuple[str, ...] = ()) -> Client:
        account = a_user(is_staff=True, is_superuser=superuser)
        account.groups.set(Group.objects.filter(name__in=groups))
        made = Client()
        made.sign_on = a_sign_on(account)
        sid = str(made.sign_on.id)
        made.cookies[COOKIE] = tokens.staff_cookie(account.id, sid=sid, superuser=superuser, groups=list(groups))
        made.user = account
        return made

    return browser
