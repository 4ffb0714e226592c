"""What every Souk project must pass."""

import pytest

from chassis.testing.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "order.resume": {"operations", "support"},
        "order.compensate": {"operations", "support"},
        "return.approve": {"operations", "support"},
        "return.reject": {"operations", "support"},
        "return.resume": {"operations", "support"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }
