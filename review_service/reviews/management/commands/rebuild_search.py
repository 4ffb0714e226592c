from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reviews.search import elasticsearch_index
from reviews.search.port import SearchUnavailable
from reviews.work.search_index import rebuild_search


class Command(BaseCommand):
    help = "Rebuild the search index from the reviews; searches continue meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = rebuild_search(now=timezone.now(), index=elasticsearch_index())
        except SearchUnavailable as error:
            raise CommandError(f"Elasticsearch does not answer; the index in use is untouched. {error}") from error
        self.stdout.write(f"{count} reviews are in the index.")
