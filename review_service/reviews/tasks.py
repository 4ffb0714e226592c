"""Periodic jobs of this service."""

from datetime import datetime

from django.conf import settings

from chassis.jobs import job, limit_due_time
from reviews import commands
from reviews.search import elasticsearch_index
from reviews.work import search_index

limit_due_time(search_index.unfinished_tasks, "due_at", longest=search_index.WHILE_REFUSED.longest)
limit_due_time(search_index.unfinished_tasks, "leased_until", longest=search_index.LEASE)


@job(every=3600, lease=600)
def recount_ratings(now: datetime) -> None:
    commands.recount_ratings(now=now)


if settings.ELASTICSEARCH_URL:

    @job(every=5, lease=600)
    def index_due_reviews(now: datetime) -> None:
        if index := elasticsearch_index():
            search_index.index_due_reviews(now=now, index=index)

    @job(every=60, lease=600)
    def heal_search(now: datetime) -> None:
        if index := elasticsearch_index():
            search_index.restore_missing_index(now=now, index=index)
