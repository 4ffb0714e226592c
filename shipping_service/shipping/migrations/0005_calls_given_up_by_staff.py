from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shipping", "0004_free_leases_are_empty"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="carriercall",
            options={"permissions": [("give_up_carriercall", "Can give up a call to the carrier")]},
        ),
        migrations.AlterModelOptions(
            name="trackingpoll",
            options={"permissions": [("give_up_trackingpoll", "Can give up polling for a parcel")]},
        ),
        migrations.AddField(
            model_name="carriercall",
            name="stopped_at",
            field=models.DateTimeField(
                "given up at", blank=True, null=True, help_text="It is not sent again, and ends when no label is found."
            ),
        ),
        migrations.AddField(
            model_name="carriercall",
            name="stop_reason",
            field=models.CharField("reason for giving up", blank=True, db_default="", default="", max_length=200),
        ),
    ]
