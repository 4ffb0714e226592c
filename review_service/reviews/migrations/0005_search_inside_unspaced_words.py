"""Index each character of a script without spaces as a word, so that a search finds words inside of longer ones."""

from django.db import migrations

from reviews.domain.search_words import MARKS, SEPARATOR, UNSPACED, separated


def _separated(column):
    """The SQL of `separated`, without marks, which PostgreSQL would take for words."""
    letters = f"regexp_replace({column}, '[{MARKS}]', '', 'g')"
    return f"regexp_replace({letters}, '([{UNSPACED}])', '{SEPARATOR}\\1{SEPARATOR}', 'g')"


def _column(expression):
    vectors = (
        f"setweight(to_tsvector('souk_{language}'::regconfig, {expression(column)}), '{weight}')"
        for column, weight in (("title", "A"), ("text", "C"))
        for language in ("english", "german")
    )
    return f"ALTER TABLE reviews_review ADD COLUMN search_vector tsvector GENERATED ALWAYS AS ({' || '.join(vectors)}) STORED"


def _replace_column(schema_editor, expression):
    schema_editor.execute("ALTER TABLE reviews_review DROP COLUMN search_vector")
    schema_editor.execute(_column(expression))
    schema_editor.execute(
        "CREATE INDEX review_search ON reviews_review USING gin (search_vector) WHERE status = 'published'"
    )


def _rewrite_rows(schema_editor, change):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT rowid, title, text FROM reviews_text")
        changed = [
            (change(title), change(text), row)
            for row, title, text in cursor.fetchall()
            if (change(title), change(text)) != (title, text)
        ]
        cursor.executemany("UPDATE reviews_text SET title = %s, text = %s WHERE rowid = %s", changed)


def forward(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        _replace_column(schema_editor, _separated)
    elif schema_editor.connection.vendor == "sqlite":
        _rewrite_rows(schema_editor, separated)


def backward(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        _replace_column(schema_editor, lambda column: column)
    elif schema_editor.connection.vendor == "sqlite":
        _rewrite_rows(schema_editor, lambda text: text.replace(SEPARATOR, ""))


class Migration(migrations.Migration):
    dependencies = [("reviews", "0004_names_without_families")]

    operations = [migrations.RunPython(forward, backward)]
