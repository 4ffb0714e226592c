"""The checks that every Souk project must pass."""

import pytest

from testkit.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "delivery.try_again": {"operations", "support"},
        "delivery.give_up": {"operations", "support"},
        "campaign.send": {"operations", "catalog"},
        "campaign.stop": {"operations", "catalog"},
        "campaign.delete_selected": {"operations", "catalog"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }


@pytest.fixture
def records():
    return {
        "notifications.contact": "one row a customer; empty after the account was deleted",
        "notifications.preference": "at most one row a customer, category and medium",
        "notifications.quiettime": "at most one row a customer",
        "notifications.device": "a limited number a customer",
        "notifications.stream": "one row a customer",
        "notifications.campaign": "written by staff",
    }


@pytest.fixture
def old_rows():
    return {
        "notifications.update": {"seq": 1},
    }


@pytest.fixture
def row_values():
    return {"notifications.campaign": {}}
