"""Local copies of rows that another service owns: the newest version of a snapshot wins.

Messages may arrive late, twice or out of order. Each write is one conditional statement, so it is safe with several
writers at once on every engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet

from chassis.transactions import Conflict, transactional


def update_if_newer(
    rows: QuerySet[Any], version: int, values: Mapping[str, Any], *, version_field: str = "version"
) -> bool:
    """Update `rows` that hold an older version; return whether there was one."""
    older = rows.filter(**{f"{version_field}__lt": version})
    return bool(older.update(**values, **{version_field: version}))


@transactional
def store_if_newer(rows: QuerySet[Any], key: Mapping[str, Any], version: int, values: Mapping[str, Any]) -> bool:
    """Insert the row of `key`, or update it when it is one of `rows` and holds an older version.

    Return whether anything was written. Runs the transaction again when another writer inserts the row first.
    """
    if update_if_newer(rows.filter(**key), version, values):
        return True
    if rows.model._default_manager.filter(**key).exists():
        return False
    try:
        rows.model(**key, **values, version=version).save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"two first snapshots of {key} at once") from error
    return True
