"""The provider of each medium, as the settings select it."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from notifications.domain.notification_kind import Medium
from notifications.providers.port import Provider

NONE = "none"


@cache
def provider_of(medium: Medium) -> Provider:
    """Return the provider of a medium. The settings have checked its name at start-up."""
    if medium is Medium.EMAIL:
        from notifications.providers.mail import MailProvider

        return MailProvider()
    if medium is Medium.PUSH and settings.PUSH_PROVIDER == "fcm":
        from notifications.providers.fcm import FcmProvider

        return FcmProvider()
    from notifications.providers.sandbox import SandboxProvider

    return SandboxProvider(medium.value)


def is_offered(medium: Medium) -> bool:
    """Return whether the medium has a provider; without one no delivery is created."""
    chosen = {Medium.SMS: settings.SMS_PROVIDER, Medium.PUSH: settings.PUSH_PROVIDER}
    return chosen.get(medium) != NONE
