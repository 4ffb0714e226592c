from typing import Any

from django.core.management.base import BaseCommand

from products import commands


class Command(BaseCommand):
    help = "Tell every product to the other services again, and derive its read columns and search words anew."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{commands.announce_catalogue()} products told.")
