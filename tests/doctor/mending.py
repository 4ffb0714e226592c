"""Who breaks an engine mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def afterwards(mend: Callable[[], Any]) -> Iterator[None]:
    try:
        yield
    finally:
        mend()
