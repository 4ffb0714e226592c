"""Create a signing key; delete keys whose last token has expired, or one that has leaked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from users.domain.sessions import STAFF_COOKIE
from users.providers.keys import ring


class Command(BaseCommand):
    help = "Sign with a new key from now on. Tokens of the old ones stay good until they expire."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--revoke", metavar="KID", help="also drop this key at once: all its tokens are void")

    def handle(self, *args: Any, revoke: str | None = None, **options: Any) -> None:
        keys, now = ring(), timezone.now()
        kid = keys.add(now)
        self.stdout.write(f"{kid} signs from now on.")
        if revoke:
            try:
                keys.remove(revoke)
            except FileNotFoundError:
                raise CommandError(f"There is no key {revoke}.") from None
            self.stdout.write(f"{revoke} is dropped; other services refuse it within 5 minutes.")
        for old in keys.idle(now=now, longest_token=STAFF_COOKIE + timedelta(hours=1)):
            keys.remove(old)
            self.stdout.write(f"{old} is dropped; its last token has expired.")
