from typing import Any

from django.db import migrations
from django.db.models import F


def finish_ended_calls(apps: Any, schema_editor: Any) -> None:
    """Calls that ended before are finished work."""
    calls = apps.get_model("payments", "ProviderCall").objects.exclude(status="open")
    calls.update(finished_at=F("updated_at"), due_at=None)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_durable_work"),
    ]

    operations = [migrations.RunPython(finish_ended_calls, migrations.RunPython.noop)]
