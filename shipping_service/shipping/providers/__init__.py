"""The carriers' adapters. CARRIER_PROVIDER chooses one; a new one is a module and an entry in ADAPTERS."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from shipping.providers.port import Carrier

ADAPTERS = {
    "manual": "shipping.providers.manual.from_settings",
    "sandbox": "shipping.providers.sandbox.from_settings",
}


def carrier() -> Carrier:
    """Return the adapter in use. It keeps its connections open and is shared by all threads."""
    return named(settings.CARRIER_PROVIDER)


@cache
def named(name: str) -> Carrier:
    """Return the adapter of this name. Raises ImproperlyConfigured."""
    if name not in ADAPTERS:
        raise ImproperlyConfigured(f"CARRIER_PROVIDER is {name!r}; there are: {', '.join(ADAPTERS)}.")
    made: Carrier = import_string(ADAPTERS[name])()
    return made
