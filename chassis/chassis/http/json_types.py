"""Strict JSON types for serializer fields: DRF itself accepts 5 as "5"."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

_TEXT_FIELDS = (
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.TimeField,
    serializers.UUIDField,
)


def mismatch(field: Any, value: Any) -> str:
    """Return the required type in words, or "" when the value has it or is null."""
    if value is None:
        return ""
    match field:
        case serializers.BooleanField():
            return "" if isinstance(value, bool) else "true or false"
        case serializers.IntegerField():
            return "" if isinstance(value, int) and not isinstance(value, bool) else "a whole number"
        case serializers.ListField() if isinstance(value, list):
            return "a list of other values" if any(mismatch(field.child, one) for one in value) else ""
        case serializers.ListField() | serializers.ListSerializer():
            return "" if isinstance(value, list) else "a list"
        case serializers.BaseSerializer() | serializers.DictField():
            return "" if isinstance(value, dict) else "an object"
        case _ if isinstance(field, _TEXT_FIELDS):
            return "" if isinstance(value, str) else "a text"
        case _:
            return ""
