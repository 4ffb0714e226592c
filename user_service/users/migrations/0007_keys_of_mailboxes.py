from typing import Any

from django.db import migrations

from chassis.values.mailboxes import mailbox_key


def use_ascii_domains(apps: Any, schema_editor: Any) -> None:
    """Domains in other scripts were kept in Unicode; a key that is taken meanwhile stays as it is."""
    User = apps.get_model("users", "User")
    for user in User.objects.only("id", "email_key").iterator(chunk_size=1000):
        key = mailbox_key(user.email_key)
        if key != user.email_key and not User.objects.filter(email_key=key).exists():
            User.objects.filter(id=user.id).update(email_key=key)


class Migration(migrations.Migration):
    dependencies = [("users", "0006_invitations_of_staff")]

    operations = [migrations.RunPython(use_ascii_domains, migrations.RunPython.noop)]
