"""Choices of fields."""

from __future__ import annotations

from enum import StrEnum


def choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Return the value and label of each member; the label has spaces in place of underscores."""
    return [(member.value, member.value.replace("_", " ")) for member in enum]
