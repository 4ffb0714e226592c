"""Gather a copy of a person's data from all services. It is stored encrypted, for a week."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from chassis.jobs.sweeps import sweep
from chassis.outbox.recorder import record
from chassis.seals import CannotUnseal
from chassis.transactions import Conflict, transactional
from users import queries
from users.domain.personal_data import (
    EXPORT_KEPT,
    MAX_EXPORTS_PER_DAY,
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
    """Start an export, or return the one in progress. Raises TooManyExports."""
    mine = DataExport.objects.filter(user_id=user_id)
    running = mine.filter(ready_at=None, expires_at__gt=now).first()
    if running is not None:
        return running
    today = now.date()
    number = mine.filter(day=today).count() + 1
    if number > MAX_EXPORTS_PER_DAY:
        raise TooManyExports
    export = DataExport(user_id=user_id, requested_at=now, day=today, number=number, expires_at=now + EXPORT_KEPT)
    try:
        export.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("another request of the same moment") from error
    _ask(export.id, user_id, asks=1, now=now)
    return export


@transactional
def record_contribution(
    *, export_id: UUID, user_id: UUID, service: str, part: int, parts: int, document: str, now: datetime
) -> None:
    """Store one part. A part of an expired export, or of another person's, is ignored."""
    mine = DataExport.objects.filter(id=export_id, user_id=user_id, expires_at__gt=now)
    # Each part writes this row, so that two at once are serialized and the second one sees the first.
    if not mine.filter(ready_at=None).update(expires_at=now + EXPORT_KEPT):
        return
    # A service that was asked twice may contribute more or fewer parts: its latest answer counts.
    ExportPart.objects.filter(export_id=export_id, service=service).exclude(parts=parts).delete()
    values = {"parts": parts, "sealed": settings.EXPORT_SEAL.sealed(document), "received_at": now}
    known = ExportPart.objects.filter(export_id=export_id, service=service, part=part)
    if not known.update(**values):
        ExportPart(export_id=export_id, service=service, part=part, **values).save(force_insert=True)
    if not queries.unanswered(export_id):
        mine.update(ready_at=now, ask_again_at=None, expires_at=now + EXPORT_KEPT)


def opened_export(*, export: DataExport) -> dict[str, Any]:
    """Return all contributions, decrypted, by service. Raises ExportNotReady, ExportExpired."""
    if export.ready_at is None:
        raise ExportNotReady
    document: dict[str, Any] = {}
    for part in ExportPart.objects.filter(export_id=export.id).order_by("service", "part"):
        try:
            sections = json.loads(settings.EXPORT_SEAL.opened(part.sealed))
        except CannotUnseal:
            raise ExportExpired from None
        of_service = document.setdefault(part.service, {})
        for section, rows in sections.items():
            of_service.setdefault(section, []).extend(rows)
    return document


def repeat_export_requests(*, now: datetime) -> None:
    """Ask all services again for exports that lack a contribution."""

    def due(waiting: list[str]) -> list[UUID]:
        rows = DataExport.objects.filter(ask_again_at__lte=now).exclude(id__in=waiting)
        return list(rows.order_by("ask_again_at").values_list("id", flat=True)[:BATCH])

    sweep("ask_for_contributions", due=due, work=lambda export_id: _ask_missing(export_id, now), now=now)


@transactional
def delete_expired_exports(*, now: datetime) -> None:
    """Delete up to 1,000 expired exports."""
    delete_exports(list(DataExport.objects.filter(expires_at__lt=now).values_list("id", flat=True)[:1000]))


@transactional
def delete_exports(ids: list[UUID]) -> None:
    """Delete these exports and their parts."""
    ExportPart.objects.filter(export_id__in=ids).delete()
    DataExport.objects.filter(id__in=ids).delete()


@transactional
def _ask_missing(export_id: UUID, now: datetime) -> None:
    export = DataExport.objects.filter(id=export_id, ready_at=None).first()
    if export is None or export.expires_at <= now:
        DataExport.objects.filter(id=export_id).update(ask_again_at=None)
        return
    _ask(export_id, export.user_id, asks=export.asks + 1, now=now)


def _ask(export_id: UUID, user_id: UUID, *, asks: int, now: datetime) -> None:
    DataExport.objects.filter(id=export_id).update(asks=asks, ask_again_at=now + pause_after(asks))
    record([ExportRequested(export_id=export_id, user_id=user_id)])
