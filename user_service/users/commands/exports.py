"""Gather a copy of a person's data from all services. It is kept sealed, and for a week."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from chassis.jobs.sweeping import sweep
from chassis.outbox.recording import record
from chassis.sealing import NotSealedForUs
from chassis.transactions import Conflict, transactional
from users import queries
from users.domain.personal_data import (
    EXPORT_KEPT,
    MOST_EXPORTS_A_DAY,
    ExportExpired,
    ExportNotReady,
    TooManyExports,
    pause_after,
)
from users.events_out import ExportRequested
from users.models import DataExport, ExportPart

BATCH = 100


@transactional
def request_export(*, user_id: UUID, now: datetime) -> DataExport:
    """Ask every service. One that is being gathered is returned as it is. Raises TooManyExports."""
    mine = DataExport.objects.filter(user_id=user_id)
    running = mine.filter(ready_at=None, expires_at__gt=now).first()
    if running is not None:
        return running
    today = now.date()
    number = mine.filter(day=today).count() + 1
    if number > MOST_EXPORTS_A_DAY:
        raise TooManyExports
    export = DataExport(user_id=user_id, requested_at=now, day=today, number=number, expires_at=now + EXPORT_KEPT)
    try:
        export.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("another request of the same moment") from error
    _ask(export.id, user_id, asks=1, now=now)
    return export


@transactional
def keep_contribution(
    *, export_id: UUID, user_id: UUID, service: str, part: int, parts: int, document: str, now: datetime
) -> None:
    """Keep a part. One of an export that is over, or of another person, is ignored."""
    mine = DataExport.objects.filter(id=export_id, user_id=user_id, expires_at__gt=now)
    # Each part writes this row, so that of two at once one waits for the other or is run again, and sees it.
    if not mine.filter(ready_at=None).update(expires_at=now + EXPORT_KEPT):
        return
    # A service that was asked twice may contribute more or fewer parts: its last answer counts.
    ExportPart.objects.filter(export_id=export_id, service=service).exclude(parts=parts).delete()
    values = {"parts": parts, "sealed": settings.EXPORT_SEAL.sealed(document), "received_at": now}
    known = ExportPart.objects.filter(export_id=export_id, service=service, part=part)
    if not known.update(**values):
        ExportPart(export_id=export_id, service=service, part=part, **values).save(force_insert=True)
    if not queries.unanswered(export_id):
        mine.update(ready_at=now, ask_again_at=None, expires_at=now + EXPORT_KEPT)


def opened_export(*, export: DataExport) -> dict[str, Any]:
    """Return all contributions by service. Raises ExportNotReady, ExportExpired."""
    if export.ready_at is None:
        raise ExportNotReady
    document: dict[str, Any] = {}
    for part in ExportPart.objects.filter(export_id=export.id).order_by("service", "part"):
        try:
            sections = json.loads(settings.EXPORT_SEAL.opened(part.sealed))
        except NotSealedForUs:
            raise ExportExpired from None
        of_service = document.setdefault(part.service, {})
        for section, rows in sections.items():
            of_service.setdefault(section, []).extend(rows)
    return document


def ask_again(*, now: datetime) -> None:
    """Ask the services again whose contributions are missing: one may have been away."""

    def due(waiting: list[str]) -> list[UUID]:
        rows = DataExport.objects.filter(ask_again_at__lte=now).exclude(id__in=waiting)
        return list(rows.order_by("ask_again_at").values_list("id", flat=True)[:BATCH])

    sweep("ask_for_contributions", due=due, work=lambda export_id: _ask_once_more(export_id, now), now=now)


@transactional
def forget_exports(*, now: datetime) -> None:
    """Drop what has expired."""
    drop_exports(list(DataExport.objects.filter(expires_at__lt=now).values_list("id", flat=True)[:1000]))


@transactional
def drop_exports(ids: list[UUID]) -> None:
    ExportPart.objects.filter(export_id__in=ids).delete()
    DataExport.objects.filter(id__in=ids).delete()


@transactional
def _ask_once_more(export_id: UUID, now: datetime) -> None:
    export = DataExport.objects.filter(id=export_id, ready_at=None).first()
    if export is None or export.expires_at <= now:
        DataExport.objects.filter(id=export_id).update(ask_again_at=None)
        return
    _ask(export_id, export.user_id, asks=export.asks + 1, now=now)


def _ask(export_id: UUID, user_id: UUID, *, asks: int, now: datetime) -> None:
    DataExport.objects.filter(id=export_id).update(asks=asks, ask_again_at=now + pause_after(asks))
    record([ExportRequested(export_id=export_id, user_id=user_id)])
