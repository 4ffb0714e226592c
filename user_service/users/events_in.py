"""What this service receives, one short handler each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.inbox.handlers import Context, handlers
from chassis.privacy.collecting import on_export_requested
from chassis.privacy.messages import ExportRequested
from users.commands import erasure, exports


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """What a service has erased of a person; without `erased_at` it waits for something."""

    user_id: UUID
    service: str
    erased: str
    anonymized: str
    kept: str
    waits_for: str = ""
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContribution:
    export_id: UUID
    user_id: UUID
    service: str
    part: int
    parts: int
    document: str


def on_erasure_report(message: ErasureReport, context: Context) -> None:
    erasure.keep_receipt(
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
    exports.keep_contribution(
        export_id=message.export_id,
        user_id=message.user_id,
        service=message.service,
        part=message.part,
        parts=message.parts,
        document=message.document,
        now=context.now,
    )


HANDLERS = handlers(
    ("erasure.report.v1", ErasureReport, on_erasure_report),
    ("export.contribute.v1", ExportContribution, on_export_contribution),
    ("personal_data.export_requested.v1", ExportRequested, on_export_requested),
)
