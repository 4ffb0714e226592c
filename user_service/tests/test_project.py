"""The checks that every Souk project must pass."""

import pytest

from testkit.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "user.verify": {"support"},
        "user.deactivate": {"support"},
        "user.reactivate": {"support"},
        "session.revoke": {"support"},
        "erasurerequest.ask": {"operations"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }


@pytest.fixture
def records():
    return {
        "users.user": "an account; a deleted one keeps its id alone",
        "users.address": "goes with its account, or when its owner deletes it",
    }
