"""Live updates: stored with a sequence number per customer, and read by the socket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from chassis.jobs.retention import forget
from chassis.jobs.sweeps import sweep
from chassis.transactions import after_commit, transactional
from notifications.domain.updates import PATIENCE, releasable
from notifications.models import Stream, Update
from notifications.providers import socket_groups


@transactional
def record_update(
    type_: str, *, user_id: UUID, source: str, data: Mapping[str, Any], at: datetime, now: datetime
) -> None:
    """Store an update under the customer's next number. A repeated `source` changes nothing."""
    stream = _locked_stream(user_id)
    if stream.closed or Update.objects.filter(user_id=user_id, source=source).exists():
        return
    update = Update(user_id=user_id, source=source, type=type_, data=dict(data), at=at, received_at=now)
    _publish(stream, [update])


@transactional
def record_step(
    *, user_id: UUID, order_id: UUID, step: int, data: Mapping[str, Any], at: datetime, now: datetime
) -> None:
    """Store a step of an order. It is held for up to PATIENCE while an earlier step is missing."""
    stream = _locked_stream(user_id)
    stored = Update.objects.filter(order_id=order_id).values_list("step", "seq")
    known = {number: seq for number, seq in stored if number is not None}
    if step in known or stream.closed:
        return
    update = Update(
        user_id=user_id,
        source=f"order.progressed:{order_id}:{step}",
        type="order.progressed",
        data=dict(data),
        order_id=order_id,
        step=step,
        at=at,
        received_at=now,
    )
    shown = [number for number, seq in known.items() if seq is not None]
    ready = releasable(shown, known.keys() - set(shown) | {step})
    if step not in ready:
        update.save(force_insert=True)
    held = {row.step: row for row in Update.objects.filter(order_id=order_id, step__in=ready)} if ready[1:] else {}
    _publish(stream, [held.get(number, update) for number in ready])


def release_held_updates(*, now: datetime, limit: int = 200) -> int:
    """Release the updates that have waited too long for an earlier step; return their number."""
    held = Update.objects.filter(seq=None, received_at__lte=now - PATIENCE)
    released: list[int] = []
    sweep(
        "job.release_held_updates",
        due=lambda waiting: list(
            dict.fromkeys(
                held.exclude(user_id__in=waiting).order_by("received_at").values_list("user_id", flat=True)[:limit]
            )
        ),
        work=lambda user_id: released.append(_release(user_id=user_id, now=now)),
        now=now,
    )
    return sum(released)


@transactional
def _release(*, user_id: UUID, now: datetime) -> int:
    stream = _locked_stream(user_id)
    held = Update.objects.filter(seq=None, received_at__lte=now - PATIENCE, user_id=user_id)
    rows = list(held.order_by("order_id", "step"))
    _publish(stream, rows)
    return len(rows)


@transactional
def close_stream(*, user_id: UUID) -> None:
    """Accept no more updates, because the account was deleted."""
    _locked_stream(user_id)
    Stream.objects.filter(user_id=user_id).update(closed=True)


def delete_old_updates(*, now: datetime) -> None:
    """Delete updates whose retention period is over. A client away for longer reloads from the API."""
    long_ago = now - timedelta(days=settings.LIVE_UPDATES_KEPT_DAYS)
    forget(Update.objects.filter(received_at__lt=long_ago).exclude(seq=None))


def _locked_stream(user_id: UUID) -> Stream:
    """Lock the customer's stream until the transaction ends, so that numbers become visible in order."""
    stream = Stream.objects.select_for_update().filter(user_id=user_id).first()
    if stream is None:
        Stream.objects.bulk_create([Stream(user_id=user_id)], ignore_conflicts=True)
        stream = Stream.objects.select_for_update().get(user_id=user_id)
    return stream


def _publish(stream: Stream, updates: Sequence[Update]) -> None:
    """Number the updates, new and held ones, and store them."""
    if not updates:
        return
    for seq, update in enumerate(updates, start=stream.last_seq + 1):
        update.seq = seq
        if update._state.adding:
            update.save(force_insert=True)
        else:
            update.save(update_fields=["seq"])
    Stream.objects.filter(user_id=stream.user_id).update(last_seq=stream.last_seq + len(updates))
    after_commit(lambda: socket_groups.wake(stream.user_id))
