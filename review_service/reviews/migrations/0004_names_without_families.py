"""Public names that showed a family name: made again from what we have, which is not the whole name."""

from django.db import migrations

from reviews.domain.reviewer import public_name


def shorten(apps, schema_editor):
    Customer = apps.get_model("reviews", "Customer")
    for customer in Customer.objects.exclude(public_name="").iterator(chunk_size=500):
        shown = public_name(customer.public_name)
        if shown != customer.public_name:
            Customer.objects.filter(pk=customer.pk).update(public_name=shown)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_kept_purchases_and_weighed_reports")]
    operations = [migrations.RunPython(shorten, migrations.RunPython.noop)]
