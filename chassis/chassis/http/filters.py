"""Filters for lists."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms

from chassis.values.booleans import BOOLEANS


class BooleanField(forms.Field):
    """Accepts the words in BOOLEANS; others are an error, not None as in Django's field."""

    default_error_messages = {"invalid": "Write true or false."}

    def clean(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        try:
            return BOOLEANS[str(value).casefold()]
        except KeyError:
            raise forms.ValidationError(self.default_error_messages["invalid"], code="invalid") from None


class BooleanFilter(django_filters.BooleanFilter):
    field_class = BooleanField
