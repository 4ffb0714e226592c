from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chassis.core.errors import DomainError
from products import commands


class Command(BaseCommand):
    help = "Compare the counters of every SKU with the movement ledger; fail if they differ. --mend SKU repairs one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", metavar="SKU", help="Set counters and ledger to the units held for orders.")
        parser.add_argument("--note", default="", help="Reason for --mend; it is stored.")
        parser.add_argument("--actor", default="check_stock", help="Name of the person, for --mend.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["mend"]:
                given = {"note": options["note"], "actor": options["actor"]}
                mended = commands.mend_stock(sku=options["mend"], now=timezone.now(), **given)
                self.stdout.write(f"{options['mend']}: {mended.on_hand} on hand, {mended.available} free")
            commands.check_ledger()
        except (commands.LedgerMismatch, DomainError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Counters and ledger agree.")
