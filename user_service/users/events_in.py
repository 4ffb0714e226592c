"""Messages that this service receives, and their handlers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads
from chassis.inbox.handlers import Context, handlers
from chassis.privacy.exports import on_export_requested
from chassis.privacy.messages import ExportRequested
from users.commands import erasure, exports


@reads("erasure.report.v1")
class ErasureReport:
    """A service's report on an erasure; without `erased_at` the service is waiting for something."""

    user_id: UUID
    service: str
    erased: str
    anonymized: str
    kept: str
    waits_for: str = ""
    erased_at: datetime | None = None


@reads("export.contribute.v1")
class ExportContribution:
    export_id: UUID
    user_id: UUID
    service: str
    part: int
    parts: int
    document: str


def on_erasure_report(message: ErasureReport, context: Context) -> None:
    erasure.record_receipt(
        user_id=message.user_id,
        service=message.service,
        erased=message.erased,
        anonymized=message.anonymized,
        kept=message.kept,
        waits_for=message.waits_for,
        erased_at=message.erased_at,
        sent_at=context.sent_at,
        now=context.now,
    )


def on_export_contribution(message: ExportContribution, context: Context) -> None:
    exports.record_contribution(
        export_id=message.export_id,
        user_id=message.user_id,
        service=message.service,
        part=message.part,
        parts=message.parts,
        document=message.document,
        now=context.now,
    )


HANDLERS = handlers(
    (ErasureReport, on_erasure_report),
    (ExportContribution, on_export_contribution),
    (ExportRequested, on_export_requested),
)
