"""Repairs after a test has broken an engine."""

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
