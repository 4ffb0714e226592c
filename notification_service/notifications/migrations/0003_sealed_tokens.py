"""Seal the secrets of mails that have not been sent yet."""

from django.conf import settings
from django.db import migrations


def seal(apps, schema_editor):
    rows = apps.get_model("notifications", "Notification").objects
    for row in rows.filter(kind__in=["email_verification", "password_reset"], facts__has_key="token").iterator():
        kept = {name: value for name, value in row.facts.items() if name != "token"}
        rows.filter(id=row.id).update(facts={**kept, "sealed_token": settings.MAIL_SEAL.sealed(row.facts["token"])})


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0002_ages"),
    ]

    operations = [
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
