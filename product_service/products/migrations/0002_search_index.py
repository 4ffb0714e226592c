"""The engine's own search index, derived from the entries by the engine itself, in the same transaction.

SQLite drops triggers when it rebuilds a table: a later migration that alters SearchWord there must run
`SQLITE` again.
"""

from django.db import migrations

_COLUMNS = "name, category, keywords, description"
_NEW = "new.name, new.category, new.keywords, new.description"
_OLD = "old.name, old.category, old.keywords, old.description"

SQLITE = [
    f"""CREATE VIRTUAL TABLE products_search USING fts5(
        {_COLUMNS}, content='products_searchentry', content_rowid='id', prefix='2 3', tokenize='unicode61')""",
    f"""CREATE TRIGGER products_search_added AFTER INSERT ON products_searchentry BEGIN
        INSERT INTO products_search(rowid, {_COLUMNS}) VALUES (new.id, {_NEW}); END""",
    f"""CREATE TRIGGER products_search_removed AFTER DELETE ON products_searchentry BEGIN
        INSERT INTO products_search(products_search, rowid, {_COLUMNS}) VALUES ('delete', old.id, {_OLD}); END""",
    f"""CREATE TRIGGER products_search_changed AFTER UPDATE ON products_searchentry BEGIN
        INSERT INTO products_search(products_search, rowid, {_COLUMNS}) VALUES ('delete', old.id, {_OLD});
        INSERT INTO products_search(rowid, {_COLUMNS}) VALUES (new.id, {_NEW}); END""",
    """CREATE VIRTUAL TABLE products_trigrams USING fts5(
        word, content='products_searchword', content_rowid='id', tokenize='trigram')""",
    """CREATE TRIGGER products_trigrams_added AFTER INSERT ON products_searchword BEGIN
        INSERT INTO products_trigrams(rowid, word) VALUES (new.id, new.word); END""",
    """CREATE TRIGGER products_trigrams_removed AFTER DELETE ON products_searchword BEGIN
        INSERT INTO products_trigrams(products_trigrams, rowid, word) VALUES ('delete', old.id, old.word); END""",
]

POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """ALTER TABLE products_searchentry ADD COLUMN document tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', keywords), 'B') ||
        setweight(to_tsvector('simple', category), 'C') || setweight(to_tsvector('simple', description), 'D')) STORED""",
    "CREATE INDEX products_searchentry_document ON products_searchentry USING gin (document)",
    "CREATE INDEX products_searchword_trigrams ON products_searchword USING gin (word gin_trgm_ops)",
]


def create(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(schema_editor.connection.vendor, [])
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
