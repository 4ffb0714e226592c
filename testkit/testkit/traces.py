"""Search for a text in all tables of the project under test."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps


def traces_of(texts: Collection[str]) -> set[str]:
    """Return each column, as `order.address`, that contains one of the texts, in upper or lower case."""
    wanted = [text.casefold() for text in texts]
    return {
        f"{model._meta.model_name}.{name}"
        for model in apps.get_models()
        for row in model._default_manager.values()
        for name, value in row.items()
        if any(text in "\n".join(_texts_in(value)).casefold() for text in wanted)
    }


def _texts_in(value: Any) -> Iterator[str]:
    """Yield all texts, also those in JSON values."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts_in(inner)
    elif isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value).decode(errors="replace")
    else:
        yield str(value)
