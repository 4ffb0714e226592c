"""Serializer fields for the values in `chassis.values`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from chassis.http.api import StrictSerializer
from chassis.values import addresses, identifiers, mailboxes, text
from chassis.values.errors import InvalidValue


class ValueField(serializers.CharField):
    """Text that `rule` normalizes; its error message is that of the rule."""

    rule: Callable[[str], str]

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not value:
            return value
        try:
            return type(self).rule(value)
        except InvalidValue as error:
            raise serializers.ValidationError(error.message, error.code) from None


class NameField(ValueField):
    rule = staticmethod(text.name)


class LineField(ValueField):
    rule = staticmethod(text.line)


class EmailField(ValueField):
    rule = staticmethod(mailboxes.email)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=mailboxes.LONGEST_EMAIL, **kwargs)


class CountryField(ValueField):
    rule = staticmethod(addresses.country)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2, help_text="ISO 3166-1 alpha-2", **kwargs)


class SkuField(ValueField):
    rule = staticmethod(identifiers.sku)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=identifiers.LONGEST_SKU, **kwargs)


class PlaceInput(StrictSerializer):
    """A country and a postal code, checked by the rules of that country. `instance` is the row to be changed."""

    country = CountryField()
    postal_code = serializers.CharField(
        max_length=20, allow_blank=True, required=False, help_text="Required where the country has postal codes."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        place = {"postal_code": "", **(self.instance or {}), **attrs}
        if "country" in attrs or "postal_code" in attrs:
            code = _checked("postal_code", addresses.postal_code, place["postal_code"], country=place["country"])
            attrs["postal_code"] = code
        return attrs


class PostalAddressInput(PlaceInput):
    """A postal address for a parcel."""

    name = NameField(max_length=100)
    line1 = LineField(max_length=150)
    line2 = LineField(max_length=150, allow_blank=True, required=False)
    city = LineField(max_length=100)
    region = LineField(max_length=100, allow_blank=True, required=False)
    phone = serializers.CharField(
        max_length=40, allow_blank=True, required=False, help_text="With + and country code, or as dialed in `country`."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if "phone" in attrs:
            # Imported late: only services that accept telephone numbers load the 5 MB of numbering plans.
            from chassis.values.phones import phone

            country = {**(self.instance or {}), **attrs}["country"]
            attrs["phone"] = _checked("phone", phone, attrs["phone"], country=country)
        return attrs


def _checked(field: str, rule: Callable[..., str], *values: Any, **options: Any) -> str:
    try:
        return rule(*values, **options)
    except InvalidValue as error:
        raise serializers.ValidationError({field: [serializers.ErrorDetail(error.message, error.code)]}) from None
