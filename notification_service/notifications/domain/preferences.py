"""What a customer wants to hear, by which medium, and when not to be woken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from chassis.core.errors import DomainError
from notifications.domain.catalogue import Category, Kind, Medium

Choice = tuple[Category, Medium]

#: Before a customer has chosen. Promotions need a yes (opt-in); an SMS costs money and patience.
DEFAULTS: Mapping[Choice, bool] = {
    (Category.ACCOUNT, Medium.EMAIL): True,
    (Category.ACCOUNT, Medium.PUSH): True,
    (Category.ORDERS, Medium.EMAIL): True,
    (Category.ORDERS, Medium.SMS): False,
    (Category.ORDERS, Medium.PUSH): True,
    (Category.PROMOTIONS, Medium.EMAIL): False,
}
#: The law and the customer's own interest: receipts and security mails are always sent.
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
        """When the present quiet time is over; None when it is not quiet now."""
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
    """Raises PreferenceUnknown, PreferenceNotChangeable."""
    if (category, medium) not in DEFAULTS:
        raise PreferenceUnknown(f"There is no {medium} about {category}.")
    if (category, medium) in ALWAYS and not enabled:
        raise PreferenceNotChangeable


def wanted(kind: Kind, chosen: Mapping[Choice, bool]) -> list[Medium]:
    """The media by which a notification of this kind goes out."""
    return [medium for medium in kind.media if is_enabled(kind.category, medium, chosen)]


def is_enabled(category: Category, medium: Medium, chosen: Mapping[Choice, bool]) -> bool:
    choice = (category, medium)
    return choice in ALWAYS or chosen.get(choice, DEFAULTS.get(choice, False))


def due_at(medium: Medium, quiet: QuietHours | None, *, now: datetime) -> datetime:
    """E-mail wakes nobody; the others wait until the quiet hours are over."""
    if medium is Medium.EMAIL or quiet is None:
        return now
    return quiet.ends_at(now) or now


def overview(chosen: Mapping[Choice, bool]) -> Iterable[tuple[Category, Medium, bool, bool]]:
    """Every choice there is: category, medium, enabled, changeable."""
    for choice in DEFAULTS:
        category, medium = choice
        yield category, medium, is_enabled(category, medium, chosen), choice not in ALWAYS
