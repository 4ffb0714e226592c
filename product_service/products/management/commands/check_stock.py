from typing import Any

from django.core.management.base import BaseCommand, CommandError

from products import commands


class Command(BaseCommand):
    help = "Compare the counters of every SKU with the movement ledger; fails when they differ."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            commands.check_ledger()
        except commands.LedgerMismatch as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Counters and ledger agree.")
