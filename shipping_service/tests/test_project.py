"""What every Souk project must pass."""

import pytest

from chassis.testing.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "shipment.retry_calls": {"operations"},
        "carriercall.retry_now": {"operations"},
        "carrierwebhook.process": {"operations"},
        "zone.delete_selected": {"operations"},
        "carrierservice.delete_selected": {"operations"},
        "rate.delete_selected": {"operations"},
        "ratetable.delete_selected": {"operations"},
        "ratetable.copy_as_draft": {"operations"},
        "ratetable.publish": {"operations"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }
