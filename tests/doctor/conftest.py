"""Breaks the engines of `make test ENGINES=real`, and mends them: no system may run on them meanwhile."""

from __future__ import annotations

from tests.engines.conftest import place  # noqa: F401
