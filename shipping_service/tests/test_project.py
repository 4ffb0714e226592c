"""The checks that every Souk project must pass."""

import pytest

from testkit.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "shipment.retry_calls": {"operations"},
        "shipment.picked_up": {"operations", "support"},
        "shipment.delivered": {"operations", "support"},
        "shipment.returned": {"operations", "support"},
        "shipment.lost": {"operations", "support"},
        "shipment.damaged": {"operations", "support"},
        "shipment.canceled_by_carrier": {"operations", "support"},
        "carriercall.try_again": {"operations"},
        "carriercall.give_up": {"operations"},
        "trackingpoll.try_again": {"operations"},
        "trackingpoll.give_up": {"operations"},
        "carrierwebhook.try_again": {"operations"},
        "carrierwebhook.give_up": {"operations"},
        "zone.delete_selected": {"operations"},
        "carrierservice.delete_selected": {"operations"},
        "rate.delete_selected": {"operations"},
        "ratetable.delete_selected": {"operations"},
        "ratetable.copy_as_draft": {"operations"},
        "ratetable.publish": {"operations"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }


@pytest.fixture
def records():
    return {
        "shipping.productseen": "a copy of the catalog",
        "shipping.variantweight": "a copy of the catalog",
        "shipping.zone": "rates",
        "shipping.zonecountry": "rates",
        "shipping.carrierservice": "rates",
        "shipping.ratetable": "rates",
        "shipping.rate": "rates",
        "shipping.shipment": "a parcel of an order",
        "shipping.label": "a parcel of an order",
        "shipping.trackingevent": "what happened to a parcel",
        "shipping.trackingpoll": "goes at the end of the journey",
    }


@pytest.fixture
def old_rows():
    return {
        "shipping.carriercall": {"state": "succeeded"},
        "shipping.carrierwebhook": {"due_at": None},
    }


@pytest.fixture
def row_values():
    return {
        "shipping.zone": {},
        "shipping.zonecountry": {},
        "shipping.carrierservice": {},
        "shipping.ratetable": {},
        "shipping.rate": {},
    }
