"""Periodic jobs of this service."""

from datetime import datetime

from django.conf import settings

from chassis.jobs import job, limit_due_time
from reviews import commands
from reviews.models import IndexTask
from reviews.search import elasticsearch_index
from reviews.work import search_index

limit_due_time(IndexTask.objects.all, "due_at", longest=search_index.LONGEST_WAIT)


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
