"""Track the erasure of a person until every service has sent its receipt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings

from chassis.jobs.sweeps import sweep
from chassis.outbox.recorder import record
from chassis.transactions import transactional
from users.domain.personal_data import RECEIPTS_KEPT, missing, pause_after
from users.events_out import UserDeleted
from users.models import ErasureReceipt, ErasureRequest

BATCH = 100


@transactional
def ask_services(*, user_id: UUID, now: datetime) -> None:
    """Announce to every service that the account was deleted. A repeated request makes each send its receipt again."""
    asked = ErasureRequest.objects.filter(user_id=user_id).values_list("asks", flat=True).first()
    if asked is None:
        ErasureRequest(user_id=user_id, requested_at=now).save(force_insert=True)
    asks = (asked or 0) + 1
    ErasureRequest.objects.filter(user_id=user_id).update(asks=asks, ask_again_at=now + pause_after(asks))
    record([UserDeleted(user_id=user_id)])


@transactional
def record_receipt(
    *,
    user_id: UUID,
    service: str,
    erased: str,
    anonymized: str,
    kept: str,
    waits_for: str,
    erased_at: datetime | None,
    sent_at: datetime,
    now: datetime,
) -> None:
    """Store the latest receipt of a service; finish the erasure once all services have erased the person.

    A receipt for an unknown person is ignored.
    """
    request = ErasureRequest.objects.filter(user_id=user_id)
    asks = request.values_list("asks", flat=True).first()
    if asks is None:
        return
    # Each receipt writes this row, so that two at once are serialized and the second one sees the first.
    request.filter(finished_at=None).update(ask_again_at=now + pause_after(asks))
    values = {
        "erased": erased,
        "anonymized": anonymized,
        "kept": kept,
        "waits_for": waits_for,
        "erased_at": erased_at,
        "reported_at": sent_at,
    }
    mine = ErasureReceipt.objects.filter(request_id=user_id, service=service)
    known = mine.values_list("reported_at", flat=True).first()
    if known is None:
        ErasureReceipt(request_id=user_id, service=service, **values).save(force_insert=True)
    elif known <= sent_at:
        mine.update(**values)
    _finish(user_id, now)


def repeat_erasure_requests(*, now: datetime) -> None:
    """Ask the services again about erasures that lack a receipt or are waiting for something."""

    def due(waiting: list[str]) -> list[UUID]:
        rows = ErasureRequest.objects.filter(ask_again_at__lte=now).exclude(user_id__in=waiting)
        return list(rows.order_by("ask_again_at").values_list("user_id", flat=True)[:BATCH])

    sweep("ask_for_receipts", due=due, work=lambda user_id: ask_services(user_id=user_id, now=now), now=now)


def delete_old_receipts(*, now: datetime) -> None:
    """Delete up to 1,000 finished erasures whose retention period is over, with their receipts."""
    old = list(
        ErasureRequest.objects.filter(finished_at__lt=now - RECEIPTS_KEPT).values_list("user_id", flat=True)[:1000]
    )
    ErasureReceipt.objects.filter(request_id__in=old).delete()
    ErasureRequest.objects.filter(user_id__in=old).delete()


def _finish(user_id: UUID, now: datetime) -> None:
    done = ErasureReceipt.objects.filter(request_id=user_id).exclude(erased_at=None)
    still = missing(settings.PERSONAL_DATA_SERVICES, done.values_list("service", flat=True))
    unfinished = ErasureRequest.objects.filter(user_id=user_id)
    if still:
        unfinished.exclude(finished_at=None).update(finished_at=None, ask_again_at=now + pause_after(1))
    else:
        unfinished.filter(finished_at=None).update(finished_at=now, ask_again_at=None)
