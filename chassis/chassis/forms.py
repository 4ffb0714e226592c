"""Validation of form fields by the rules in `chassis.values`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from chassis.values.errors import InvalidValue


def by_rule(rule: Callable[..., str], value: str, **options: Any) -> str:
    """Return the normalized value. Raises Django's ValidationError if it breaks the rule."""
    try:
        return rule(value, **options)
    except InvalidValue as error:
        raise forms.ValidationError(error.message, error.code) from None
