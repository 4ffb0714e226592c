"""Whether the database has the indexes that the models declare."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models


def missing_indexes() -> list[str]:
    """What a model declares and the database has not."""
    missing = []
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            with connection.cursor() as cursor:
                there = connection.introspection.get_constraints(cursor, model._meta.db_table)
            missing += [f"{model._meta.db_table}: {name}" for name in _declared(model) if name not in there]
    return missing


def _declared(model: type[models.Model]) -> Iterator[str]:
    for each in (*model._meta.indexes, *model._meta.constraints):
        partial = getattr(each, "condition", None) is not None
        if isinstance(each, models.CheckConstraint) or (partial and not connection.features.supports_partial_indexes):
            continue
        if getattr(each, "expressions", ()) and not connection.features.supports_expression_indexes:
            continue
        yield each.name
