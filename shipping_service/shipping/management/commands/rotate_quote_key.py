from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from shipping.repository import signing_keys


class Command(BaseCommand):
    help = "Sign quotes with a new key from now on; quotes signed by the previous key stay valid."

    def handle(self, *args: Any, **options: Any) -> None:
        kid = signing_keys.rotate()
        self.stdout.write(f"Quotes are signed with key {kid} now.")
