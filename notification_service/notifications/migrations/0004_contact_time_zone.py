from django.db import migrations, models


def from_quiet_hours(apps, schema_editor):
    """Copy the time zone of the quiet hours to the contact."""
    contacts, quiet = apps.get_model("notifications", "Contact"), apps.get_model("notifications", "QuietTime")
    for user_id, time_zone in quiet.objects.values_list("user_id", "time_zone").iterator():
        contacts.objects.filter(user_id=user_id).update(time_zone=time_zone)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_sealed_tokens")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="time_zone",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="IANA name; empty: not known.", max_length=64
            ),
        ),
        migrations.RunPython(from_quiet_hours, migrations.RunPython.noop),
    ]
