from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_the_running_version_goes_on"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # The column keeps its name, so that the version before goes on writing it.
            state_operations=[
                migrations.RemoveIndex(model_name="webhookevent", name="webhook_due"),
                migrations.RenameField(model_name="webhookevent", old_name="processed_at", new_name="finished_at"),
                migrations.AlterField(
                    model_name="webhookevent",
                    name="finished_at",
                    field=models.DateTimeField("processed at", blank=True, db_column="processed_at", null=True),
                ),
                migrations.AddIndex(
                    model_name="webhookevent",
                    index=models.Index(fields=["finished_at", "due_at"], name="webhook_due"),
                ),
            ],
        ),
        migrations.RemoveIndex(model_name="providercall", name="call_due"),
        migrations.AddField(
            model_name="providercall",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="webhookevent",
            name="error",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="webhookevent",
            name="lease",
            field=models.UUIDField(blank=True, editable=False, help_text="The run that has it in hand.", null=True),
        ),
        migrations.AlterField(
            model_name="mismatch",
            name="note",
            field=models.TextField(blank=True, db_default="", default="", help_text="How a person has resolved it."),
        ),
        migrations.AlterField(
            model_name="orderaccount",
            name="closed_at",
            field=models.DateTimeField(blank=True, help_text="The order accepts no further charge.", null=True),
        ),
        migrations.AlterField(
            model_name="orderaccount",
            name="voided_at",
            field=models.DateTimeField(blank=True, help_text="No money of the order is held or kept.", null=True),
        ),
        migrations.AlterField(
            model_name="payment",
            name="claimed_amount",
            field=models.BigIntegerField(default=0, help_text="Claimed by refunds, open ones included."),
        ),
        migrations.AlterField(
            model_name="payment",
            name="expires_at",
            field=models.DateTimeField(help_text="Not sent to the provider after this."),
        ),
        migrations.AlterField(
            model_name="payment",
            name="looked_at",
            field=models.DateTimeField(help_text="When the provider's object was last fetched."),
        ),
        migrations.AlterField(
            model_name="payment",
            name="method",
            field=models.CharField(blank=True, help_text="Deleted when the provider has decided.", max_length=255),
        ),
        migrations.AlterField(
            model_name="providercall",
            name="attempts",
            field=models.PositiveIntegerField(default=0, help_text="Each may have had its effect."),
        ),
        migrations.AlterField(
            model_name="providercall",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="next try"),
        ),
        migrations.AlterField(
            model_name="providercall",
            name="error",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AlterField(
            model_name="providercall",
            name="lease",
            field=models.UUIDField(blank=True, editable=False, help_text="The run that has it in hand.", null=True),
        ),
        migrations.AlterField(
            model_name="providercall",
            name="leased_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="webhookevent",
            name="attempts",
            field=models.PositiveIntegerField(default=0, help_text="Each may have had its effect."),
        ),
        migrations.AlterField(
            model_name="webhookevent",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="next try"),
        ),
        migrations.AlterField(
            model_name="webhookevent",
            name="leased_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="webhookevent",
            name="misses",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="How often the payment was not found here."
            ),
        ),
        migrations.AddIndex(
            model_name="providercall",
            index=models.Index(fields=["finished_at", "due_at"], name="payments_providercall_due"),
        ),
    ]
