"""The search index of the database in use: an FTS5 table on SQLite, a column with a GIN index on PostgreSQL."""

from django.db import migrations

SQLITE = """
CREATE VIRTUAL TABLE IF NOT EXISTS reviews_text
USING fts5(id, title, text, prefix='2 3', tokenize='porter unicode61 remove_diacritics 2')
"""

# A stored column: ranking reads it instead of parsing every text that fits.
POSTGRES_COLUMN = """
ALTER TABLE reviews_review ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('souk_english'::regconfig, title), 'A')
    || setweight(to_tsvector('souk_german'::regconfig, title), 'A')
    || setweight(to_tsvector('souk_english'::regconfig, text), 'C')
    || setweight(to_tsvector('souk_german'::regconfig, text), 'C')
) STORED
"""
POSTGRES_INDEX = """
CREATE INDEX review_search ON reviews_review USING gin (search_vector) WHERE status = 'published'
"""


def create(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(SQLITE)
        elif connection.vendor == "postgresql":
            accents = _unaccent(cursor)
            for language in ("english", "german"):
                cursor.execute(f"DROP TEXT SEARCH CONFIGURATION IF EXISTS souk_{language}")
                cursor.execute(f"CREATE TEXT SEARCH CONFIGURATION souk_{language} (COPY = {language})")
                cursor.execute(
                    f"ALTER TEXT SEARCH CONFIGURATION souk_{language} "
                    f"ALTER MAPPING FOR hword, hword_part, word WITH {accents}{language}_stem"
                )
            cursor.execute(POSTGRES_COLUMN)
            cursor.execute(POSTGRES_INDEX)


def _unaccent(cursor):
    """The extension that folds accents, where it is installed and we may use it."""
    cursor.execute("""
        SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'unaccent')
            OR EXISTS (SELECT FROM pg_available_extensions WHERE name = 'unaccent')
            AND has_database_privilege(current_user, current_database(), 'CREATE')
    """)
    if not cursor.fetchone()[0]:
        return ""
    cursor.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    return "unaccent, "


def drop(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TABLE IF EXISTS reviews_text")
        elif connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE reviews_review DROP COLUMN search_vector")
            for language in ("english", "german"):
                cursor.execute(f"DROP TEXT SEARCH CONFIGURATION IF EXISTS souk_{language}")


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
