"""What every Souk project must pass."""

import pytest

from chassis.testing.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "delivery.retry": {"operations", "support"},
        "campaign.send": {"operations", "catalog"},
        "campaign.stop": {"operations", "catalog"},
        "campaign.delete_selected": {"operations", "catalog"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }
