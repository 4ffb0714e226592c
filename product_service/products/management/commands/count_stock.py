from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chassis.core.errors import DomainError
from products import commands


class Command(BaseCommand):
    help = "Store the units counted on the shelf: count_stock SKU UNITS. Units held for orders stay held."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sku")
        parser.add_argument("units", type=int)
        parser.add_argument("--note", default="counted", help="who counted, or why")

    def handle(self, *args: Any, **options: Any) -> None:
        sku, units = options["sku"], options["units"]
        try:
            commands.count_stock(units={sku: units}, note=options["note"], actor="count_stock", now=timezone.now())
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{sku}: {units} on hand")
