from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from products.demo.loading import load


class Command(BaseCommand):
    help = "Put the demo catalogue into the shop and draw its pictures. Harmless when repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        products, changed = load(Path(settings.MEDIA_ROOT), settings.MEDIA_URL)
        self.stdout.write(f"{products} products in the demo catalogue, {changed} of them new or changed.")
