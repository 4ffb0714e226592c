"""Message shapes for erasure and export of personal data. Standard library only; services declare the sent types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.core.messages import reads


@reads("user.deleted.v1")
class AccountDeleted:
    """A person's account was deleted; every service erases what it keeps of them."""

    user_id: UUID


@reads("personal_data.export_requested.v1")
class ExportRequested:
    """A person wants a copy of their data; every service contributes its part."""

    export_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The result of an erasure in words for staff; empty texts mean nothing.

    `waits_for`: what must end before the rest can be erased.
    """

    erased: str = ""
    anonymized: str = ""
    kept: str = ""
    waits_for: str = ""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The data of the person that `service` has erased, anonymized, and retained with a reason.

    `erased_at` is empty while `waits_for` is set.
    """

    user_id: UUID
    service: str
    erased: str
    anonymized: str
    kept: str
    waits_for: str = ""
    erased_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """Part `part` of `parts` of the person's data in `service`. `document`: JSON, lists of rows by section."""

    export_id: UUID
    user_id: UUID
    service: str
    part: int
    parts: int
    document: str


def _no_references(user_id: UUID) -> Iterable[UUID]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """The functions by which a service erases and collects personal data; `settings.PERSONAL_DATA` names it.

    `erase(user_id, now)` runs in a transaction and repeatedly: the next run erases late data.
    `collect(user_id)` returns rows by section, as JSON takes them.
    `references(user_id)` returns the subjects of messages about the person, beside those that name the person's id.
    """

    erase: Callable[[UUID, datetime], Erased]
    collect: Callable[[UUID], Mapping[str, Iterable[Mapping[str, object]]]]
    receipt: type[Receipt]
    contribution: type[Contribution]
    references: Callable[[UUID], Iterable[UUID]] = _no_references
