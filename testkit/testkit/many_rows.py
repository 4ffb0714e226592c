"""Many rows in every table of a project on SQLite: what a statement costs shows only there (see `testkit.costs`)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import Error, connection, models, transaction

#: Rows in each table: far more than a page or the batch of a job.
MANY = 3_000
_VARIANTS = 12
#: Share of times that are empty: most work is finished.
_OPEN = 0.12
#: Different texts of a column that identifies nothing.
_KINDS = 7
_IDENTIFIERS = ("id", "key", "number", "token", "reference", "source", "subject", "sku", "slug", "email", "client")
#: Times that work waits for lie ahead, so that no job finds work; other times are just past.
_AHEAD = ("due", "until", "next", "again", "expires", "leased")
#: Written by Django or for staff, and deleted accounts, which are few: one costs a look at every kept message.
_OTHERS = {"admin", "auth", "contenttypes", "sessions", "staff", "jobs", "privacy"}
#: Tables that stay small: a few dead letters.
_A_HANDFUL = 20
_FEW = {"inbox.failedmessage"}


def fill(count: int = MANY, *, few: Iterable[str] = (), values: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Add `count` rows to each table, to those in `few` a handful. `values`: what the rows of a table must have."""
    made: dict[type[models.Model], list[Any]] = {}
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in _OTHERS:
            _rows_of(model, count, made, values or {}, few={*few, *_FEW})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _rows_of(
    model: type[models.Model],
    count: int,
    made: dict[type[models.Model], list[Any]],
    values: Mapping[str, Mapping[str, Any]],
    few: set[str],
) -> list[Any]:
    """Return the rows of the model, made with those that they belong to if there are none yet."""
    if model in made:
        return made[model]
    made[model] = []  # a row that belongs to one of its own kind belongs to none
    parents = {
        field.name: _rows_of(field.related_model, count, made, values, few)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is not model
    }
    given = values.get(model._meta.label_lower, {})
    variants = _accepted(model, parents, given)
    size = min(count, _A_HANDFUL) if model._meta.label_lower in few else count
    rows = [_row(model, number, variants[number % len(variants)], parents, given) for number in range(size)]
    model._base_manager.bulk_create(rows, batch_size=500)
    made[model] = rows
    return rows


def _accepted(model: type[models.Model], parents: Mapping[str, list[Any]], given: Mapping[str, Any]) -> list[int]:
    """Return seeds of rows that the constraints of the table accept."""
    seeds: list[int] = []
    for seed in range(20 * _VARIANTS):
        if len(seeds) == _VARIANTS:
            break
        row = _row(model, -1 - seed, seed, parents, given)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                raise _Undone
        except _Undone:
            seeds.append(seed)
        except Error:
            continue
    assert seeds, f"no row that {model._meta.label} accepts: give `values`"
    return seeds


class _Undone(Exception):
    """The row was accepted; it is not kept."""


def _row(
    model: type[models.Model], number: int, seed: int, parents: Mapping[str, list[Any]], given: Mapping[str, Any]
) -> Any:
    chance = random.Random(seed)
    fields = {}
    for field in model._meta.concrete_fields:
        if field.name in given:
            value = given[field.name]
            fields[field.name] = value(number) if callable(value) else value
        elif not isinstance(field, models.AutoField):
            fields[field.name] = _value(field, number, chance, parents)
    return model(**fields)


def _value(field: models.Field[Any, Any], number: int, chance: random.Random, parents: Mapping[str, list[Any]]) -> Any:
    if isinstance(field, models.ForeignKey):
        rows = parents.get(field.name)
        return rows[number % len(rows)] if rows else None
    if isinstance(field, models.DateTimeField):
        if field.null and chance.random() < _OPEN:
            return None
        ahead = any(word in field.name for word in _AHEAD)
        return datetime.now(UTC) + (
            timedelta(days=300, seconds=number) if ahead else -timedelta(seconds=number % MANY / 8)
        )
    if field.choices:
        return chance.choice([value for value, _ in field.flatchoices if value != ""] or [""])
    if isinstance(field, models.CharField | models.TextField):
        return _text(field, number)
    if field.null and chance.random() < 0.3:
        return None
    if isinstance(field, models.UUIDField):
        return uuid4()
    if isinstance(field, models.BooleanField):
        return chance.random() < 0.5
    if field.has_default() and not field.unique:
        return field.get_default()
    return {
        models.DateField: date(2026, 1, 1),
        models.TimeField: time(),
        models.JSONField: {},
        models.BinaryField: b"x",
    }.get(type(field), number + 10_000 if field.unique else chance.choice((0, 1, 1, 2)))


def _text(field: Any, number: int) -> str:
    length = field.max_length or 60
    if isinstance(field, models.EmailField):
        return f"{uuid4().hex}@example.com"
    together = {name for each in field.model._meta.total_unique_constraints for name in each.fields}
    if not (field.unique or field.db_index or field.name in together or field.name.endswith(_IDENTIFIERS)):
        return f"{field.name}-{number % _KINDS}"[:length]
    if length < 8:
        return f"{number % 90 + 10:02}"[:length] if not field.unique else f"{number:x}"[-length:]
    return f"{number:x}-{uuid4().hex}"[:length]
