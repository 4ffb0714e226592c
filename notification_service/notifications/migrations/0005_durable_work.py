"""Deliveries become work items of the chassis. The previous version still runs on this table."""

from django.db import migrations, models
from django.db.models.functions import Coalesce


def finish_ended(apps, schema_editor):
    deliveries = apps.get_model("notifications", "Delivery").objects
    ended = deliveries.filter(state__in=["sent", "refused", "expired", "dropped"], finished_at=None)
    ended.update(finished_at=Coalesce("sent_at", "due_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_contact_time_zone'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='delivery',
            options={'permissions': [('give_up_delivery', 'Can give up a delivery')], 'verbose_name_plural': 'deliveries'},
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_due',
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_lease',
        ),
        migrations.AddField(
            model_name='delivery',
            name='error',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='delivery',
            name='finished_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='attempts',
            field=models.PositiveIntegerField(default=0, help_text='Each may have had its effect.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='next try'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='lease',
            field=models.UUIDField(blank=True, editable=False, help_text='The run that has it in hand.', null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['finished_at', 'medium', 'promotional', 'due_at'], name='delivery_unfinished'),
        ),
        migrations.RunPython(finish_ended, migrations.RunPython.noop),
    ]
