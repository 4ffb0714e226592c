"""Input and output shapes; they never save."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chassis.fields import EmailField, NameField, PostalAddressInput
from chassis.http.api import StrictSerializer
from chassis.values.errors import InvalidValue
from chassis.values.mailboxes import LONGEST_EMAIL
from chassis.values.phones import phone
from users import queries

LONGEST_PASSWORD = 128


class PasswordField(serializers.CharField):
    """A password, taken as it is, spaces included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True, **kwargs)


class KnownEmailField(serializers.EmailField):
    """An address to look up an account, which may predate the current rule for new addresses."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_EMAIL, **kwargs)


class SecretField(serializers.CharField):
    """A random token issued by this service; any other text is accepted and simply not found."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)


def locale_field(**kwargs: Any) -> serializers.RegexField:
    return serializers.RegexField(r"^[a-z]{2,3}(-[A-Z]{2})?$", max_length=10, help_text="en, de-AT", **kwargs)


class RegisterInput(StrictSerializer):
    email = EmailField()
    password = PasswordField()
    name = NameField(max_length=150)
    locale = locale_field(default="en")


class TokenInput(StrictSerializer):
    email = KnownEmailField()
    password = PasswordField()


class EmailInput(StrictSerializer):
    email = KnownEmailField()


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
    name = NameField(max_length=150, required=False)
    locale = locale_field(required=False)
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True, help_text="+43 1 234567, or empty")

    def validate_phone(self, written: str) -> str:
        try:
            return phone(written)
        except InvalidValue as error:
            raise serializers.ValidationError(error.message, error.code) from None


class DeleteAccountInput(StrictSerializer):
    password = PasswordField()


class AddressInput(PostalAddressInput):
    is_default = serializers.BooleanField(required=False)


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


class ExportOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.SerializerMethodField()
    requested_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    waits_for = serializers.SerializerMethodField(help_text="Services that have not answered yet.")

    def get_status(self, export: Any) -> str:
        return "ready" if export.ready_at else "gathering"

    def get_waits_for(self, export: Any) -> list[str]:
        return [] if export.ready_at else queries.unanswered(export.id)


class JwksOutput(serializers.Serializer[Any]):
    keys = serializers.ListField(child=serializers.DictField())
