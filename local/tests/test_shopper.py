"""The customer of the tests, without a shop."""

from __future__ import annotations

from typing import Any

import pytest
from run.shopper import Shopper


class _Catalog(Shopper):
    """A shopper whose shop breaks once, between its first product and its second."""

    def __init__(self) -> None:
        super().__init__("http://shop.invalid", "http://mail.invalid")
        self.breaks = 1

    def get(self, path: str) -> Any:
        if path.startswith("/api/v1/products/?"):
            return {"results": [{"slug": "cup"}, {"slug": "pot"}], "next": None}
        if "pot" in path and self.breaks:
            self.breaks -= 1
            raise ConnectionError
        return {"variants": [{"sku": "CUP" if "cup" in path else "POT", "price": {"amount": 5}}]}


def test_a_catalog_that_was_read_halfway_is_read_again():
    shopper = _Catalog()
    with pytest.raises(ConnectionError):
        shopper.price("POT")
    assert shopper.price("POT") == 5
