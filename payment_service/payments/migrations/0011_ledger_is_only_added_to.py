"""Triggers by which the database refuses to change or delete an entry of the ledger.

The one change that stays possible is to erase the text of an entry, for the erasure of a person.
A later migration that rebuilds the table on SQLite (any change of its columns or constraints but a new, empty column)
drops its triggers there: end it with `migrations.RunPython(create, drop)` of this module.
"""

from django.db import migrations

TABLE = "payments_paymentevent"
KEPT = ("id", "payment_id", "refund_id", "dispute_id", "kind", "outcome", "amount", "currency", "code", "actor", "at")
REFUSAL = "The ledger is only added to."


def _changes(comparison):
    return " OR ".join([*(f"NEW.{column} {comparison} OLD.{column}" for column in KEPT), "NEW.message <> ''"])


CREATE = {
    "sqlite": [
        f"CREATE TRIGGER ledger_keeps BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
        f"CREATE TRIGGER ledger_stays BEFORE UPDATE ON {TABLE} WHEN {_changes('IS NOT')}"
        f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION ledger_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END$$",
        f"CREATE TRIGGER ledger_keeps BEFORE DELETE ON {TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION ledger_is_only_added_to()",
        f"CREATE TRIGGER ledger_stays BEFORE UPDATE ON {TABLE} FOR EACH ROW"
        f" WHEN ({_changes('IS DISTINCT FROM')}) EXECUTE FUNCTION ledger_is_only_added_to()",
        f"CREATE TRIGGER ledger_is_kept_whole BEFORE TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_only_added_to()",
    ],
}
DROP = {
    "sqlite": ["DROP TRIGGER IF EXISTS ledger_keeps", "DROP TRIGGER IF EXISTS ledger_stays"],
    "postgresql": [
        *(f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in ("ledger_keeps", "ledger_stays", "ledger_is_kept_whole")),
        "DROP FUNCTION IF EXISTS ledger_is_only_added_to()",
    ],
}


def create(apps, schema_editor):
    for statement in [*DROP[schema_editor.connection.vendor], *CREATE[schema_editor.connection.vendor]]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_disputes_and_reports")]

    operations = [migrations.RunPython(create, drop)]
