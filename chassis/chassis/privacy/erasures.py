"""Erasure of a person's data: erase, send the receipt, and check again for late messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.utils.module_loading import import_string

from chassis import statements
from chassis.idempotency.models import IdempotencyKey
from chassis.inbox.handlers import Context
from chassis.jobs.sweeps import sweep
from chassis.outbox.recorder import record
from chassis.privacy.messages import AccountDeleted, Erased, PersonalData
from chassis.privacy.models import Erasure
from chassis.privacy.redaction import redact_messages
from chassis.transactions import transactional, unit_of_work

#: Time between two checks of an erasure that must wait.
RETRY_INTERVAL = timedelta(minutes=2)
#: Time between two checks for late messages, and how long they continue: longer than messages are kept.
PERIOD, WATCHED = timedelta(days=1), timedelta(days=30)
BATCH = 50


def personal_data() -> PersonalData:
    found: PersonalData = import_string(settings.PERSONAL_DATA)
    return found


def on_account_deleted(message: AccountDeleted, context: Context) -> None:
    erase_person(user_id=message.user_id, now=context.now)


@transactional
def erase_person(*, user_id: UUID, now: datetime) -> None:
    """Erase what can be erased now; `erase_due` completes it and sends the receipt. A repeated request resends it."""
    if not Erasure.objects.filter(user_id=user_id).update(next_try_at=now, receipt_due=True):
        Erasure(user_id=user_id, asked_at=now, next_try_at=now).save(force_insert=True)
    _erase(user_id=user_id, now=now)


def reschedule_erasure(*, user_id: UUID, now: datetime) -> None:
    """Schedule the erasure of late data of this person; no effect for a person without an erasure."""
    statements.update(Erasure, {"user_id": user_id}, {"next_try_at": now, "asked_at": now})


def erase_due(*, now: datetime) -> int:
    """Continue the erasures that are due and return the number of persons."""

    def due(waiting: list[str]) -> list[UUID]:
        rows = Erasure.objects.filter(next_try_at__lte=now).exclude(user_id__in=waiting)
        return list(rows.order_by("next_try_at").values_list("user_id", flat=True)[:BATCH])

    return sweep("erase_due", due=due, work=lambda user_id: _erase_and_report(user_id, now), now=now)


def _erase_and_report(user_id: UUID, now: datetime) -> None:
    done = _erase(user_id=user_id, now=now)
    if not done.waits_for:
        # Unfinished erasures may need to resend messages. Reads many rows, so outside of a transaction.
        redact_messages(user_id=user_id, subjects=personal_data().references(user_id))
    _note(user_id=user_id, done=done, now=now)


@transactional
def _erase(*, user_id: UUID, now: datetime) -> Erased:
    unit_of_work().flush()
    done = personal_data().erase(user_id, now)
    IdempotencyKey.objects.filter(caller=str(user_id)).exclude(status=None).delete()
    LogEntry.objects.filter(object_id=str(user_id)).update(object_repr=str(user_id))
    return done


@transactional
def _note(*, user_id: UUID, done: Erased, now: datetime) -> None:
    erasure = Erasure.objects.get(user_id=user_id)
    finished_at = None if done.waits_for else erasure.finished_at or now
    if erasure.receipt_due or erasure.waits_for != done.waits_for:
        record([_receipt(user_id, done, finished_at)])
    watched = now + PERIOD if now < erasure.asked_at + WATCHED else None
    Erasure.objects.filter(user_id=user_id).update(
        waits_for=done.waits_for[:300],
        receipt_due=False,
        finished_at=finished_at,
        next_try_at=now + RETRY_INTERVAL if done.waits_for else watched,
    )


def _receipt(user_id: UUID, done: Erased, finished_at: datetime | None) -> object:
    return personal_data().receipt(
        user_id=user_id,
        service=settings.SERVICE_NAME,
        erased=done.erased,
        anonymized=done.anonymized,
        kept=done.kept,
        waits_for=done.waits_for,
        erased_at=finished_at,
    )
