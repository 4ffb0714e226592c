from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_ended_calls_are_finished"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="providercall",
            options={"permissions": [("give_up_providercall", "Can give up a call to the provider")]},
        ),
        migrations.AlterModelOptions(
            name="webhookevent",
            options={"permissions": [("give_up_webhookevent", "Can give up a webhook")]},
        ),
        migrations.AddField(
            model_name="providercall",
            name="stopped_at",
            field=models.DateTimeField(
                "given up at", blank=True, null=True, help_text="It is not sent again, and ends when nothing is found."
            ),
        ),
        migrations.AddField(
            model_name="providercall",
            name="stopped_by",
            field=models.CharField("given up by", blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="providercall",
            name="stop_reason",
            field=models.CharField("reason for giving up", blank=True, db_default="", default="", max_length=300),
        ),
    ]
