"""Sort keys and search words of the products that are there, by the rules of this version."""

from django.db import migrations

from products.domain.sort_key import sort_key
from products.domain.search_words import without_gaps, words_of


def derive(apps, schema_editor):
    Product, Variant = apps.get_model("products", "Product"), apps.get_model("products", "Variant")
    SearchEntry = apps.get_model("products", "SearchEntry")
    for product in Product.objects.select_related("category").iterator(chunk_size=500):
        Product.objects.filter(pk=product.pk).update(name_key=sort_key(product.name))
        texts = {
            "name": product.name,
            "category": product.category.path.replace("/", " ") + product.category.name,
            "keywords": " ".join(map(_keywords, Variant.objects.filter(product=product, active=True))),
            "description": product.description,
        }
        words = {field: " ".join(words_of(text)) for field, text in texts.items()}
        SearchEntry.objects.filter(product=product).update(**words)


def _keywords(variant):
    return f"{variant.name} {variant.sku} {without_gaps(variant.sku)} {' '.join(variant.options.values())}"


class Migration(migrations.Migration):
    dependencies = [("products", "0005_search_words_and_order")]
    operations = [migrations.RunPython(derive, migrations.RunPython.noop)]
