"""The kind of a fact, which is part of the key under which an order keeps it."""

from __future__ import annotations

from functools import cache

from chassis.core.messages import types_read


class FactKind:
    """The type of the messages that carry a fact, without its version: `stock.reserved`.

    `name`: the kind of a fact that no message carries.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __get__(self, fact: object, shape: type) -> str:
        return self._name or _kind_of(shape)


@cache
def _kind_of(shape: type) -> str:
    return types_read(shape)[0].rpartition(".")[0]
