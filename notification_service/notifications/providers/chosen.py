"""Which provider the settings have chosen for each medium."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from notifications.domain.catalogue import Medium
from notifications.providers.port import Provider

NONE = "none"


@cache
def provider_of(medium: Medium) -> Provider:
    """Raises KeyError for a name that no provider has; settings check it at the start."""
    if medium is Medium.EMAIL:
        from notifications.providers.mail import MailProvider

        return MailProvider()
    if medium is Medium.PUSH and settings.PUSH_PROVIDER == "fcm":
        from notifications.providers.fcm import FcmProvider

        return FcmProvider()
    from notifications.providers.sandbox import SandboxProvider

    return SandboxProvider(medium.value)


def is_offered(medium: Medium) -> bool:
    """Whether there is a provider at all; without one no delivery is made."""
    chosen = {Medium.SMS: settings.SMS_PROVIDER, Medium.PUSH: settings.PUSH_PROVIDER}
    return chosen.get(medium) != NONE
