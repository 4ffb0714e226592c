from collections.abc import Iterator

import pytest

from products.repository import counts

pytest_plugins = ["testkit.plugin"]


@pytest.fixture(autouse=True)
def _no_counts_of_another_test() -> Iterator[None]:
    counts.forget()
    yield
