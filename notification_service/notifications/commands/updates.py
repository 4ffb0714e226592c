"""Live updates: stored with a sequence number per customer, and read by the socket.

Updates are collected and numbered right before the commit, so that those of messages that were handled together are
numbered and stored in a few statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings

from chassis import statements
from chassis.jobs.retention import forget
from chassis.jobs.sweeps import sweep
from chassis.transactions import after_commit, transactional, unit_of_work
from notifications.domain.updates import PATIENCE, releasable
from notifications.models import Stream, Update
from notifications.providers import socket_groups


@transactional
def record_update(
    type_: str, *, user_id: UUID, source: str, data: Mapping[str, Any], at: datetime, now: datetime
) -> None:
    """Store an update under the customer's next number. A repeated `source` changes nothing."""
    update = Update(user_id=user_id, source=source, type=type_, data=dict(data), at=at, received_at=now)
    unit_of_work().collect(_store, [update])


@transactional
def record_step(
    *, user_id: UUID, order_id: UUID, step: int, data: Mapping[str, Any], at: datetime, now: datetime
) -> None:
    """Store a step of an order. It is held for up to PATIENCE while an earlier step is missing."""
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
    unit_of_work().collect(_store, [update])


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
    streams = _locked_streams([user_id])
    held = Update.objects.filter(seq=None, received_at__lte=now - PATIENCE, user_id=user_id)
    ids = list(held.order_by("order_id", "step").values_list("id", flat=True))
    _show(ids, streams[user_id])
    _save_streams(streams)
    return len(ids)


@transactional
def close_stream(*, user_id: UUID) -> None:
    """Accept no more updates, because the account was deleted."""
    _locked_streams([user_id])
    Stream.objects.filter(user_id=user_id).update(closed=True)


def delete_old_updates(*, now: datetime) -> None:
    """Delete updates whose retention period is over. A client away for longer reloads from the API."""
    long_ago = now - timedelta(days=settings.LIVE_UPDATES_KEPT_DAYS)
    forget(Update.objects.filter(received_at__lt=long_ago).exclude(seq=None))


class _Numbers:
    """The numbers of a customer's locked stream, from which `take` gives the next."""

    def __init__(self, last: int, *, closed: bool) -> None:
        self.stored = self.last = last
        self.closed = closed

    def take(self) -> int:
        self.last += 1
        return self.last


class _Steps:
    """The steps of an order, stored or about to be: which are shown, and where those that are held are."""

    def __init__(self) -> None:
        self.shown: set[int] = set()
        self.held: dict[int, UUID | Update] = {}

    def released(self) -> list[UUID | Update]:
        """Return what is held and can be shown now, in order."""
        ready = releasable(self.shown, self.held)
        self.shown.update(ready)
        return [self.held.pop(step) for step in ready]


def _store(updates: list[Update]) -> None:
    """Number the new ones of the updates in their order, with the held ones that they release, and insert them."""
    streams = _locked_streams({update.user_id for update in updates})
    known = _known_sources([update for update in updates if update.order_id is None])
    orders = _known_steps({update.order_id for update in updates if update.order_id is not None})
    new: list[Update] = []
    for update in updates:
        numbers = streams[update.user_id]
        if numbers.closed:
            continue
        if update.order_id is None:
            if (update.user_id, update.source) in known:
                continue
            known.add((update.user_id, update.source))
            update.seq = numbers.take()
        elif not _add_step(update, orders[update.order_id], numbers):
            continue
        new.append(update)
    statements.insert(new)
    _save_streams(streams)


def _add_step(update: Update, steps: _Steps, numbers: _Numbers) -> bool:
    """Show or hold the step, and show what it releases; return False for one that is known."""
    step = update.step
    assert step is not None
    if step in steps.shown or step in steps.held:
        return False
    steps.held[step] = update
    _show(steps.released(), numbers)
    return True


def _show(updates: Iterable[UUID | Update], numbers: _Numbers) -> None:
    """Give the next numbers to updates, which are stored already or about to be."""
    for update in updates:
        if isinstance(update, Update):
            update.seq = numbers.take()
        else:
            statements.update(Update, {"id": update}, {"seq": numbers.take()})


def _known_sources(updates: Collection[Update]) -> set[tuple[UUID, str]]:
    users, sources = [update.user_id for update in updates], [update.source for update in updates]
    return set(statements.values_by(Update, ("user_id", "source"), {"user_id": users, "source": sources}))


def _known_steps(order_ids: Collection[UUID]) -> Mapping[UUID, _Steps]:
    orders: dict[UUID, _Steps] = defaultdict(_Steps)
    fields = ("order_id", "step", "seq", "id")
    for order_id, step, seq, id_ in statements.values_by(Update, fields, {"order_id": order_ids}):
        if seq is None:
            orders[order_id].held[step] = id_
        else:
            orders[order_id].shown.add(step)
    return orders


def _locked_streams(user_ids: Collection[UUID]) -> dict[UUID, _Numbers]:
    """Lock the customers' streams until the transaction ends, so that numbers become visible in order."""
    rows = statements.rows_by(Stream, "user_id", sorted(user_ids), lock=True)
    if missing := sorted(set(user_ids) - {row["user_id"] for row in rows}):
        statements.insert([Stream(user_id=user_id) for user_id in missing], ignore_conflicts=True)
        rows += statements.rows_by(Stream, "user_id", missing, lock=True)
    return {row["user_id"]: _Numbers(row["last_seq"], closed=row["closed"]) for row in rows}


def _save_streams(streams: Mapping[UUID, _Numbers]) -> None:
    """Store the last number of each stream, and wake the sockets of its customer."""
    for user_id, numbers in streams.items():
        if numbers.last > numbers.stored:
            statements.update(Stream, {"user_id": user_id}, {"last_seq": numbers.last})
            after_commit(partial(socket_groups.wake, user_id))
