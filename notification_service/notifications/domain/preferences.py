"""Preferences: the categories and media that a customer wants, and quiet hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from chassis.core.errors import DomainError
from notifications.domain.notification_kind import Category, Medium, NotificationKind

Choice = tuple[Category, Medium]


class Unchanged(Enum):
    """The value of an optional argument that leaves what is stored, where None has a meaning of its own."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


#: Without a choice of the customer. Promotions and SMS are opt-in.
DEFAULTS: Mapping[Choice, bool] = {
    (Category.ACCOUNT, Medium.EMAIL): True,
    (Category.ACCOUNT, Medium.PUSH): True,
    (Category.ORDERS, Medium.EMAIL): True,
    (Category.ORDERS, Medium.SMS): False,
    (Category.ORDERS, Medium.PUSH): True,
    (Category.PROMOTIONS, Medium.EMAIL): False,
}
#: Receipts and security mails are always sent.
ALWAYS: frozenset[Choice] = frozenset({(Category.ACCOUNT, Medium.EMAIL), (Category.ORDERS, Medium.EMAIL)})


class PreferenceNotChangeable(DomainError):
    """E-mails about your account and your orders cannot be switched off."""

    code = "preference_not_changeable"


class PreferenceUnknown(DomainError):
    """There is no such category and medium to choose."""

    code = "preference_unknown"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """No SMS and no push from `start` to `end` (it may span midnight) in the customer's own time zone."""

    start: time
    end: time
    time_zone: str

    def ends_at(self, now: datetime) -> datetime | None:
        """Return the end of the current quiet time; None outside of it."""
        local = now.astimezone(ZoneInfo(self.time_zone))
        clock = local.time().replace(tzinfo=None)
        spans_midnight = self.start > self.end
        began, not_over = clock >= self.start, clock < self.end
        quiet = (began or not_over) if spans_midnight else (began and not_over)
        if not quiet:
            return None
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end > local else end + timedelta(days=1)


def check_choice(category: Category, medium: Medium, *, enabled: bool) -> None:
    """Require a choice that is possible. Raises PreferenceUnknown, PreferenceNotChangeable."""
    if (category, medium) not in DEFAULTS:
        raise PreferenceUnknown(f"There is no {medium} about {category}.")
    if (category, medium) in ALWAYS and not enabled:
        raise PreferenceNotChangeable


def wanted(kind: NotificationKind, chosen: Mapping[Choice, bool]) -> list[Medium]:
    """Return the media by which the customer wants a notification of this kind."""
    return [medium for medium in kind.media if is_enabled(kind.category, medium, chosen)]


def is_enabled(category: Category, medium: Medium, chosen: Mapping[Choice, bool]) -> bool:
    """Return whether the customer's choices, or the defaults, enable this medium for the category."""
    choice = (category, medium)
    return choice in ALWAYS or chosen.get(choice, DEFAULTS.get(choice, False))


def due_at(medium: Medium, quiet: QuietHours | None, *, now: datetime) -> datetime:
    """Return when to send. SMS and push wait until the quiet hours are over; e-mail does not."""
    if medium is Medium.EMAIL or quiet is None:
        return now
    return quiet.ends_at(now) or now


def overview(chosen: Mapping[Choice, bool]) -> Iterable[tuple[Category, Medium, bool, bool]]:
    """Yield every possible choice: category, medium, enabled, changeable."""
    for choice in DEFAULTS:
        category, medium = choice
        yield category, medium, is_enabled(category, medium, chosen), choice not in ALWAYS
