"""Counts over many rows, kept in this process for a minute: each looks at every row that it counts."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

Rows = list[tuple[Any, ...]]

FRESH_SECONDS = 60
_MOST = 500

_kept: OrderedDict[Hashable, tuple[float, Rows]] = OrderedDict()
_lock = Lock()


def kept(key: Hashable) -> bool:
    """Return whether the count of this key is known, fresh or not."""
    return key in _kept


def rows(key: Hashable, count: Callable[[], Rows]) -> Rows:
    """Return the rows of `count` for this key, at most a minute old.

    While one thread counts again, the others get the old rows.
    """
    now = time.monotonic()
    with _lock:
        at, known = _kept.get(key, (0.0, None))
        if known is not None:
            _kept.move_to_end(key)
            if now - at < FRESH_SECONDS:
                return known
            _kept[key] = (now, known)
    found = count()
    with _lock:
        _kept[key] = (now, found)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return found


def forget() -> None:
    """Drop all counts."""
    with _lock:
        _kept.clear()
