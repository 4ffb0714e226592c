"""Shapes in and out; they never save."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

from chassis.api import StrictSerializer
from users.domain.accounts import email_key
from users.domain.addresses import COUNTRIES

LONGEST_EMAIL = 254
LONGEST_PASSWORD = 128
_SEPARATORS = re.compile(r"[ ()/.-]")
_PHONE = r"^[+0-9 ()/.-]*$"


class EmailField(serializers.EmailField):
    """An address whose key fits the column too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_EMAIL, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        email = str(super().to_internal_value(data))
        if len(email_key(email)) > LONGEST_EMAIL:
            self.fail("max_length", max_length=LONGEST_EMAIL)
        return email


class PasswordField(serializers.CharField):
    """Taken as it is, spaces included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True, **kwargs)


class SecretField(serializers.CharField):
    """A random token of ours; anything else is simply not one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)


def locale_field(**kwargs: Any) -> serializers.RegexField:
    return serializers.RegexField(r"^[a-z]{2,3}(-[A-Z]{2})?$", max_length=10, help_text="en, de-AT", **kwargs)


class RegisterInput(StrictSerializer):
    email = EmailField()
    password = PasswordField()
    name = serializers.CharField(max_length=150)
    locale = locale_field(default="en")


class TokenInput(StrictSerializer):
    email = EmailField()
    password = PasswordField()


class EmailInput(StrictSerializer):
    email = EmailField()


class MailTokenInput(StrictSerializer):
    token = SecretField(help_text="From the link in the mail.")


class RefreshInput(StrictSerializer):
    refresh_token = SecretField()


class ChangePasswordInput(StrictSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class ResetPasswordInput(StrictSerializer):
    token = SecretField(help_text="From the link in the mail.")
    new_password = PasswordField()


class AcceptedOutput(serializers.Serializer[Any]):
    detail = serializers.CharField()


class TokensOutput(serializers.Serializer[Any]):
    """As OAuth 2.0 names it (RFC 6749, 5.1)."""

    access_token = serializers.CharField()
    token_type = serializers.CharField(help_text="Bearer")
    expires_in = serializers.IntegerField(help_text="Seconds that the access token is good for.")
    refresh_token = serializers.CharField(help_text="Good once. Keep it secret.")
    refresh_expires_at = serializers.DateTimeField()
    session_id = serializers.UUIDField()


class AccountOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    email_verified = serializers.SerializerMethodField()
    name = serializers.CharField()
    locale = serializers.CharField()
    phone = serializers.CharField()
    created_at = serializers.DateTimeField()

    def get_email_verified(self, user: Any) -> bool:
        return user.email_verified_at is not None


class ProfileInput(StrictSerializer):
    name = serializers.CharField(max_length=150, required=False)
    locale = locale_field(required=False)
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True, help_text="+43 1 234567, or empty")

    def validate_phone(self, phone: str) -> str:
        """E.164, which is what a sender of text messages takes."""
        plain = _SEPARATORS.sub("", phone)
        if plain and not re.fullmatch(r"\+[1-9][0-9]{6,14}", plain):
            raise serializers.ValidationError("Write the number with + and the country: +43 1 234567.", code="phone")
        return plain


class DeleteAccountInput(StrictSerializer):
    password = PasswordField()


class AddressInput(StrictSerializer):
    name = serializers.CharField(max_length=100)
    line1 = serializers.CharField(max_length=150)
    line2 = serializers.CharField(max_length=150, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100)
    postal_code = serializers.CharField(max_length=20)
    region = serializers.CharField(max_length=100, required=False, allow_blank=True)
    country = serializers.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    phone = serializers.RegexField(_PHONE, max_length=30, required=False, allow_blank=True)
    is_default = serializers.BooleanField(required=False)

    def validate_country(self, country: str) -> str:
        if country not in COUNTRIES:
            raise serializers.ValidationError("No such country; use two capital letters, as in AT.", code="country")
        return country


class AddressChanges(AddressInput):
    """The same, each field optional."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class AddressOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    postal_code = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField()
    phone = serializers.CharField()
    is_default = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class SessionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    current = serializers.BooleanField(help_text="The session of this request.")
    user_agent = serializers.CharField()
    client = serializers.CharField(help_text="Network address at sign-in.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class JwksOutput(serializers.Serializer[Any]):
    keys = serializers.ListField(child=serializers.DictField())
