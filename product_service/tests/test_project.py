"""The checks that every Souk project must pass."""

import pytest

from testkit.project import *  # noqa: F403


@pytest.fixture
def who_may():
    return {
        "product.activate": {"catalog"},
        "product.deactivate": {"catalog"},
        "product.import_csv": {"catalog"},
        "productimport.start": {"catalog"},
        "productimport.discard": {"catalog"},
        "stockitem.mend": {"operations"},
        "reservation.parcel_has_left": {"operations"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }


@pytest.fixture
def records():
    return {
        "products.category": "the catalog",
        "products.product": "the catalog",
        "products.variant": "the catalog",
        "products.searchentry": "one row a product",
        "products.searchword": "words of the catalog",
        "products.stockitem": "one row a variant",
        "products.ledgerbalance": "one row a variant",
        "products.stockmovement": "the ledger",
        "products.stockrepair": "a person has mended the ledger",
        "products.reservation": "what an order holds or has got",
        "products.reservationline": "what an order holds or has got",
        "products.restock": "units of a return were booked in once",
        "products.confirmedorder": "an order counts once, however late it is told",
        "products.boughttogether": "pairs of the catalog",
        "products.purchase": "one row a customer and product; goes with the account",
        "products.forgottencustomer": "nothing is learned about a deleted account, however late a message is",
    }


@pytest.fixture
def row_values():
    return {"products.category": {}, "products.productimport": {}, "products.stockrepair": {}}
