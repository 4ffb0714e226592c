"""The sandbox providers' own records."""

from __future__ import annotations

from typing import Any

import httpx
from run.system import System


def books(system: System, provider: str) -> dict[str, Any]:
    """Return the provider's records (`payments`, `courier`, `mailbox`)."""
    answer = httpx.get(system.service_url("sandbox", f"/{provider}/books/"), timeout=60)
    return dict(answer.raise_for_status().json())
