"""What every Souk project must pass."""

import pytest

from chassis.testing.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "payment.refund": {"finance"},
        "mismatch.resolve": {"finance"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }
