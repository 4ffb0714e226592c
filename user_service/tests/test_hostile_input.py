"""Hostile input; see `testkit.hostile`."""

from uuid import uuid4

import pytest

from testkit.hostile import *  # noqa: F403
from tests.factories import PASSWORD, a_session, a_user, an_address


@pytest.fixture
def customer_id(user):
    return user.id


@pytest.fixture
def known(user):
    return {
        "address_id": an_address(user),
        "session_id": a_session(user).id,
        "postal_code": "75002",
        "email": user.email,
        "password": PASSWORD,
        "current_password": PASSWORD,
        "new_password": f"{PASSWORD} {uuid4()}",
    }


@pytest.fixture
def callers(signed_in, visitor, user, staff):
    guarded = staff()
    guarded.handler.enforce_csrf_checks = True
    return {
        "customer": signed_in(user),
        "nobody": visitor,
        "somebody else": signed_in(a_user()),
        "staff": staff(),
        "staff without CSRF token": guarded,
    }
