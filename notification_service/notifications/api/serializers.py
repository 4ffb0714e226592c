"""Input and output shapes."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from chassis.http.api import StrictSerializer
from notifications.domain.notification_kind import Category, Medium
from notifications.domain.preferences import QuietHours


class NotificationOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    category = serializers.ChoiceField([category.value for category in Category])
    title = serializers.CharField()
    body = serializers.CharField()
    link = serializers.CharField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class CountOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class TimeZoneField(serializers.CharField):
    """An IANA time zone name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        try:
            return ZoneInfo(value).key
        except (KeyError, ValueError, OSError):  # unknown, a path, a folder
            raise serializers.ValidationError("Not an IANA time zone, such as Europe/Berlin.", "unknown") from None


class QuietHoursField(StrictSerializer):
    """`start` and `end` as HH:MM in `time_zone` (an IANA name)."""

    start = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"])
    end = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"])
    time_zone = TimeZoneField(default="UTC")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["start"] == attrs["end"]:
            raise serializers.ValidationError("Start and end are the same; leave quiet_hours out instead.", "empty")
        return attrs


class ChoiceInput(StrictSerializer):
    category = serializers.ChoiceField([category.value for category in Category])
    medium = serializers.ChoiceField([medium.value for medium in Medium])
    enabled = serializers.BooleanField()


class PreferencesInput(StrictSerializer):
    """Choices that are not listed remain unchanged."""

    choices = ChoiceInput(many=True, max_length=20, default=list)  # type: ignore[call-arg]
    quiet_hours = QuietHoursField(allow_null=True, required=False)
    time_zone = TimeZoneField(required=False, help_text="Of the times in mails; an IANA name.")

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the command; optional ones only if they were sent."""
        data = self.validated_data
        found: dict[str, Any] = {
            "chosen": [(Category(row["category"]), Medium(row["medium"]), row["enabled"]) for row in data["choices"]]
        }
        if "time_zone" in data:
            found["time_zone"] = data["time_zone"]
        if "quiet_hours" in data:
            hours = data["quiet_hours"]
            found["quiet_hours"] = QuietHours(**hours) if hours else None
        return found


class ChoiceOutput(serializers.Serializer[Any]):
    category = serializers.ChoiceField([category.value for category in Category])
    medium = serializers.ChoiceField([medium.value for medium in Medium])
    enabled = serializers.BooleanField()
    changeable = serializers.BooleanField(help_text="False: mails about account and orders are always sent.")


class QuietHoursOutput(serializers.Serializer[Any]):
    start = serializers.TimeField(format="%H:%M")
    end = serializers.TimeField(format="%H:%M")
    time_zone = serializers.CharField()


class PreferencesOutput(serializers.Serializer[Any]):
    choices = ChoiceOutput(many=True)
    quiet_hours = QuietHoursOutput(allow_null=True)
    time_zone = serializers.CharField(help_text="Of the times in mails; empty: not known, they are in UTC.")


class DeviceInput(StrictSerializer):
    token = serializers.RegexField(r"^[\w:.\-/+=]{8,300}\Z", max_length=300)
    platform = serializers.ChoiceField(["android", "ios", "web"])
    label = serializers.CharField(max_length=60, default="", allow_blank=True)  # type: ignore[assignment]


class DeviceOutput(serializers.Serializer[Any]):
    """A device without its token, which would allow pushing to it."""

    id = serializers.UUIDField()
    platform = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    created_at = serializers.DateTimeField()


class TicketOutput(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="Opens one socket, once, within 30 seconds.")
    expires_at = serializers.DateTimeField()


class UnsubscribedOutput(serializers.Serializer[Any]):
    category = serializers.CharField()
    subscribed = serializers.BooleanField()
