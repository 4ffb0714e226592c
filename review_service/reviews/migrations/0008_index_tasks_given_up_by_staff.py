from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0007_wording_of_help_texts"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="indextask",
            options={
                "permissions": [("give_up_indextask", "Can give up an index task")],
                "verbose_name": "index task",
            },
        ),
    ]
