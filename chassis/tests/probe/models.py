from django.db import models
from uuid_utils.compat import uuid7

from chassis.work.models import WorkItem


class Effect(models.Model):
    """What a handler did. `name` is not unique: a second effect must be visible."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=100, db_index=True)
    at = models.DateTimeField(auto_now_add=True)


class Task(WorkItem):
    """An item of work that `probe.work` does outside any transaction."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    name = models.CharField(max_length=100)

    class Meta(WorkItem.Meta):
        permissions = [("give_up_task", "Can give up a task")]

    def __str__(self):
        return self.name


class Copy(models.Model):
    """A snapshot of another service's row."""

    id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()
    rating_version = models.BigIntegerField(default=0)
    name = models.CharField(max_length=100)
