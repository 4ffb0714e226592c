from collections.abc import Iterator

import pytest
from django.conf import settings

pytest_plugins = ["testkit.plugin"]


@pytest.fixture(autouse=True, scope="session")
def _shipping_signs_with_the_test_key(_test_keys: None) -> Iterator[None]:
    before = settings.SHIPPING_JWKS_URL
    settings.SHIPPING_JWKS_URL = settings.JWKS_URL
    from orders import clients

    clients._keys(settings.SHIPPING_JWKS_URL).key("test-key")
    yield
    settings.SHIPPING_JWKS_URL = before
