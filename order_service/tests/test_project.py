"""The checks that every Souk project must pass."""

import pytest

from testkit.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "order.resume": {"operations", "support"},
        "order.compensate": {"operations", "support"},
        "order.send_again": {"operations", "support"},
        "order.release": {"operations", "finance"},
        "order.refund_and_restock": {"operations", "support"},
        "order.refund_and_write_off": {"operations", "support"},
        "order.give_up": {"operations", "support"},
        "order.dismiss": {"operations", "support"},
        "return.approve": {"operations", "support"},
        "return.reject": {"operations", "support"},
        "return.receive": {"operations", "support"},
        "return.write_off": {"operations", "support"},
        "return.resume": {"operations", "support"},
        "return.settle": {"operations", "support"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }


@pytest.fixture
def deadlines():
    return {"order.due_at"}


@pytest.fixture
def records():
    return {
        "orders.catalogproduct": "a copy of the catalog",
        "orders.catalogvariant": "a copy of the catalog",
        "orders.cart": "one row a customer",
        "orders.order": "what was bought, kept by law",
        "orders.timelineentry": "what happened to an order",
        "orders.return": "what came back, kept by law",
        "orders.returnline": "what came back, kept by law",
    }


@pytest.fixture
def old_rows():
    return {
        "orders.paymentattempt": {"is_open": False},
    }
