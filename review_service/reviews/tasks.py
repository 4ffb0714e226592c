"""Periodic jobs of this service. `work.search_index` declares the one that sends reviews to Elasticsearch."""

from datetime import datetime

from django.conf import settings

from chassis.jobs import job
from reviews import commands
from reviews.search import elasticsearch_index
from reviews.work import search_index


@job(every=3600, lease=600)
def recount_ratings(now: datetime) -> None:
    commands.recount_ratings(now=now)


if settings.ELASTICSEARCH_URL:

    @job(every=60, lease=600)
    def heal_search(now: datetime) -> None:
        if index := elasticsearch_index():
            search_index.restore_missing_index(now=now, index=index)
