"""A free lease was a date in 1970 and is empty now; a call that has ended is not due."""

from datetime import UTC, datetime

from django.db import migrations
from django.db.models.functions import Coalesce

FREE = datetime(1970, 1, 1, tzinfo=UTC)


def convert(apps, schema_editor):
    calls = apps.get_model("shipping", "CarrierCall").objects
    polls = apps.get_model("shipping", "TrackingPoll").objects
    for rows in (calls, polls):
        rows.filter(leased_until=FREE).update(leased_until=None)
    calls.exclude(state="waiting").update(finished_at=Coalesce("finished_at", "due_at"), due_at=None)


def revert(apps, schema_editor):
    calls = apps.get_model("shipping", "CarrierCall").objects
    polls = apps.get_model("shipping", "TrackingPoll").objects
    calls.filter(due_at=None).update(due_at=Coalesce("finished_at", "created_at"))
    for rows in (calls, polls):
        rows.filter(leased_until=None).update(leased_until=FREE)


class Migration(migrations.Migration):

    dependencies = [
        ('shipping', '0003_durable_work'),
    ]

    operations = [migrations.RunPython(convert, revert)]
