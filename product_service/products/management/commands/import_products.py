from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from chassis.errors import DomainError
from products import commands
from products.domain.importing import COLUMNS, read_csv


class Command(BaseCommand):
    help = f"Import products and counted stock from a CSV file: all or nothing. Columns: {', '.join(COLUMNS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="Only read the file and say what is wrong with it.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = read_csv(options["file"].read_text(encoding="utf-8"))
            if options["check"]:
                self.stdout.write(f"{len(content.drafts)} products, nothing wrong.")
                return
            changed = commands.import_products(content, actor="import_products", now=timezone.now())
        except (DomainError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(content.drafts)} products, {changed} of them new or changed.")
