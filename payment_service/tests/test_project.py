"""What every Souk project must pass."""

import pytest

from chassis.testing.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "payment.refund": {"finance"},
        "refund.try_again": {"finance"},
        "webhookevent.look_again": {"finance", "operations"},
        "mismatch.resolve": {"finance"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }
