"""What every Souk project must pass."""

import pytest

from chassis.testing.project import *  # noqa: F403


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
