"""The carriers' adapters. One is in use, chosen by CARRIER_PROVIDER; a new one is a module and a row here."""

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
    """The adapter in use. It keeps its connections, and is shared by all threads."""
    return named(settings.CARRIER_PROVIDER)


@cache
def named(name: str) -> Carrier:
    if name not in ADAPTERS:
        raise ImproperlyConfigured(f"CARRIER_PROVIDER is {name!r}; there are: {', '.join(ADAPTERS)}.")
    made: Carrier = import_string(ADAPTERS[name])()
    return made
