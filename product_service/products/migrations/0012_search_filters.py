"""The search index filters, too: by category, option and stock.

SQLite drops triggers when it rebuilds a table: a later migration that alters SearchEntry there must run `SQLITE` again.
"""

from django.db import migrations

from products.domain.filter_terms import filter_terms

_COLUMNS = "name, category, keywords, description, filters"
_NEW = "new.name, new.category, new.keywords, new.description, new.filters"
_OLD = "old.name, old.category, old.keywords, old.description, old.filters"

SQLITE = [
    "DROP TRIGGER IF EXISTS products_search_added",
    "DROP TRIGGER IF EXISTS products_search_removed",
    "DROP TRIGGER IF EXISTS products_search_changed",
    "DROP TABLE products_search",
    f"""CREATE VIRTUAL TABLE products_search USING fts5(
        {_COLUMNS}, content='products_searchentry', content_rowid='id', prefix='2 3', tokenize='unicode61')""",
    "INSERT INTO products_search(products_search) VALUES ('rebuild')",
    f"""CREATE TRIGGER products_search_added AFTER INSERT ON products_searchentry BEGIN
        INSERT INTO products_search(rowid, {_COLUMNS}) VALUES (new.id, {_NEW}); END""",
    f"""CREATE TRIGGER products_search_removed AFTER DELETE ON products_searchentry BEGIN
        INSERT INTO products_search(products_search, rowid, {_COLUMNS}) VALUES ('delete', old.id, {_OLD}); END""",
    f"""CREATE TRIGGER products_search_changed AFTER UPDATE ON products_searchentry BEGIN
        INSERT INTO products_search(products_search, rowid, {_COLUMNS}) VALUES ('delete', old.id, {_OLD});
        INSERT INTO products_search(rowid, {_COLUMNS}) VALUES (new.id, {_NEW}); END""",
]

# A filter term begins with `=`, as no word of a text does. The database refuses to look for one with `to_tsquery`.
POSTGRESQL = [
    "DROP INDEX products_searchentry_document",
    "ALTER TABLE products_searchentry DROP COLUMN document",
    """ALTER TABLE products_searchentry ADD COLUMN document tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', keywords), 'B') ||
        setweight(to_tsvector('simple', category), 'C') || setweight(to_tsvector('simple', description), 'D') ||
        array_to_tsvector(string_to_array('=' || replace(filters, ' ', ' ='), ' '))) STORED""",
    "CREATE INDEX products_searchentry_document ON products_searchentry USING gin (document)",
]


def fill(apps, schema_editor):
    Product, Variant = apps.get_model("products", "Product"), apps.get_model("products", "Variant")
    Category, SearchEntry = apps.get_model("products", "Category"), apps.get_model("products", "SearchEntry")
    by_slug = dict(Category.objects.values_list("slug", "id"))
    for entry in SearchEntry.objects.select_related("product__category").iterator(chunk_size=500):
        product = entry.product
        categories = [by_slug[slug] for slug in product.category.path.strip("/").split("/") if slug in by_slug]
        variants = Variant.objects.filter(product=product, active=True).values_list("option_terms", flat=True)
        options = [one for stored in variants for one in stored.split("|") if one]
        filters = filter_terms(categories, options, in_stock=product.in_stock)
        SearchEntry.objects.filter(pk=entry.pk).update(filters=filters)


def rebuild(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(schema_editor.connection.vendor, [])
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("products", "0011_indexes_for_growth")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(rebuild, migrations.RunPython.noop),
    ]
