"""The system of the faults."""

from __future__ import annotations

from tests.faults.conftest import settings, system

__all__ = ["settings", "system"]
