"""No table grows without limit: the shop keeps its rows as records, or a job deletes the old ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import models

from chassis.jobs.models import Job
from testkit.jobs import all_jobs

__all__ = ["old_rows", "records", "test_every_table_holds_records_or_forgets_its_old_rows"]

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)

#: Django's own tables, and those of the chassis.
_RECORDS = {
    "admin.logentry": "who of the staff has changed what",
    "auth.group": "written by `migrate`",
    "auth.permission": "written by `migrate`",
    "contenttypes.contenttype": "written by `migrate`",
    "sessions.session": "unused: sessions are signed cookies",
    "staff.staffuser": "one row a member of staff who has come here",
    "privacy.erasure": "one row a deleted account, so that nothing that comes late brings the person back",
    "jobs.job": "one row a job",
    "jobs.figure": "one row a figure",
}
_OLD_ROWS = {"inbox.failedmessage": {"next_try_at": None}}


@pytest.fixture
def records() -> Mapping[str, str]:
    """Override this: `{"orders.order": "why its rows stay"}`, for each table that no job clears."""
    return {}


@pytest.fixture
def old_rows() -> Mapping[str, Mapping[str, Any]]:
    """Override this: `{"payments.webhookevent": {"due_at": None}}`, the values of a row that may be deleted."""
    return {}


@pytest.mark.django_db
def test_every_table_holds_records_or_forgets_its_old_rows(
    records: Mapping[str, str], old_rows: Mapping[str, Mapping[str, Any]]
) -> None:
    tables = {model._meta.label_lower: model for model in apps.get_models()}
    assert set(records) <= set(tables)
    kept = {*records, *_RECORDS}
    values = {**_OLD_ROWS, **old_rows}
    rows = {name: _old_row(model, values) for name, model in tables.items() if name not in kept}
    for name, job in all_jobs().items():
        if name.startswith("job.forget_"):
            job()
    failed = Job.objects.exclude(last_error="").values_list("name", "last_error")
    assert not list(failed)
    left = [name for name, row in rows.items() if type(row)._base_manager.filter(pk=row.pk).exists()]
    assert not left, f"no job forgets old rows of {', '.join(left)}"


def _old_row(model: type[models.Model], values: Mapping[str, Mapping[str, Any]]) -> models.Model:
    """Create a row that was written long ago, and all rows that it belongs to."""
    fields: dict[str, Any] = {}
    own = values.get(model._meta.label_lower, {})
    for field in model._meta.concrete_fields:
        if isinstance(field, models.DateTimeField):
            fields[field.name] = LONG_AGO
        elif not (field.has_default() or field.null or isinstance(field, models.AutoField)):
            fields[field.name] = _value(field, values)
    row = model(**{**fields, **own})
    row.save(force_insert=True)
    model._base_manager.filter(pk=row.pk).update(  # `auto_now_add` would set the present time
        **{name: value for name, value in {**fields, **own}.items() if value is LONG_AGO}
    )
    return row


def _value(field: models.Field[Any, Any], values: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(field, models.ForeignKey):
        return _old_row(field.related_model, values)
    if isinstance(field, models.CharField | models.TextField):
        return uuid4().hex[: field.max_length]
    return {
        models.UUIDField: uuid4(),
        models.BooleanField: False,
        models.DateField: LONG_AGO.date(),
        models.TimeField: time(),
        models.JSONField: {},
    }.get(type(field), 1)
