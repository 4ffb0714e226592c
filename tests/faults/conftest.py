from tests.journeys.conftest import books, cheap_sku, shopper, system  # noqa: F401
