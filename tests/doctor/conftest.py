"""Breaks and repairs the engines of `make test ENGINES=real`; no system may run on them meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from engines.place import Place

from tests.engines.conftest import place

__all__ = ["place", "wrongs"]


@pytest.fixture
def wrongs(place: Place) -> Callable[[ModuleType], str]:
    """Return the doctor's findings: `wrongs(postgresql)`."""

    def look(engine: ModuleType) -> str:
        found = list(engine.faults(place))
        assert all(each.wrong and each.advice for each in found)
        return "\n".join(each.wrong for each in found)

    return look
