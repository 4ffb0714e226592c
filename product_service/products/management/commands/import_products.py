from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chassis.core.errors import DomainError
from products import commands
from products.domain.product_file import COLUMNS, read_csv, text_of

_AT_A_TIME = 25


class Command(BaseCommand):
    help = (
        "Import products and counted stock from a CSV file; a missing column leaves the current values. "
        f"A file with errors is refused as a whole. Columns: {', '.join(COLUMNS)}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="Change nothing; list errors and effects.")
        parser.add_argument("--confirm", action="store_true", help="Import even if something is no longer sold.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            products = read_csv(text_of(options["file"].read_bytes()))
            plan = commands.plan_import(products)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        for loss in plan.losses:
            self.stdout.write(loss)
        if options["check"]:
            self.stdout.write(f"{plan.products} products, nothing wrong: {plan.new} new, {plan.changed} changed.")
            return
        if plan.losses and not options["confirm"]:
            raise CommandError(f"Nothing was imported: {len(plan.losses)} losses, see above. Confirm with --confirm.")
        problems, changed = [], 0
        for start in range(0, len(products), _AT_A_TIME):
            some = products[start : start + _AT_A_TIME]
            imported = commands.import_products(some, actor="import_products", now=timezone.now())
            changed += imported.changed
            problems += imported.problems
        self.stdout.write(f"{plan.products} products, {changed} of them new or changed.")
        if problems:
            raise CommandError("\n".join(problems))
