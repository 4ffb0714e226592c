from typing import Any

from django.core.management.base import BaseCommand

from products import commands


class Command(BaseCommand):
    help = "Publish every product again, and update its derived columns and search words."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{commands.announce_catalog()} products published.")
