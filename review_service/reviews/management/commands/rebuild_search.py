from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reviews import commands
from reviews.search import elasticsearch_index
from reviews.search.port import SearchAway


class Command(BaseCommand):
    help = "Build the search index anew from the reviews; searching goes on meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = commands.rebuild_search(now=timezone.now(), index=elasticsearch_index())
        except SearchAway as error:
            raise CommandError(f"Elasticsearch does not answer; the index in use is untouched. {error}") from error
        self.stdout.write(f"{count} reviews are in the index.")
