from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='EndedSession',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('ended_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'verbose_name': 'ended session',
            },
        ),
    ]
