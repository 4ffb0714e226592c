"""The texts and links of a notification, filled with the fields of its event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifications.domain.notification_kind import NotificationKind

#: The only form of a link from a message or provider that a mail links to.
_SAFE_LINK = re.compile(r"https?://[^\s<>\"']+")
LONGEST_LINK = 2000
_NOT_A_NAME = re.compile(r"https?:|www\.|@|[<>/\\]", re.IGNORECASE)


def subject_of(kind: NotificationKind, facts: Mapping[str, Any]) -> str:
    """Return the subject, as one line whatever the facts contain."""
    return _one_line(kind.subject.format_map(facts), 160)


def short_of(kind: NotificationKind, facts: Mapping[str, Any]) -> str:
    """Return the text of an SMS or a push message, at most 300 characters."""
    return _one_line(kind.short.format_map(facts), 300)


def link_of(kind: NotificationKind, facts: Mapping[str, Any], *, shop_url: str) -> str:
    """Return an absolute link. A link from a provider must be http(s); otherwise it is the shop's home page."""
    link = kind.link.format_map(facts)
    if link.startswith("/"):
        return shop_url + link
    return link if len(link) <= LONGEST_LINK and _SAFE_LINK.fullmatch(link) else f"{shop_url}/"


def is_outdated(facts: Mapping[str, Any], *, now: datetime) -> bool:
    """Return whether the link in the mail has expired."""
    expires_at = facts.get("expires_at")
    return expires_at is not None and datetime.fromisoformat(str(expires_at)) <= now


def sealed_fields(kind: NotificationKind, facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the secrets that are still stored, sealed, under the names that the templates use."""
    return {name.removeprefix("sealed_"): str(facts[name]) for name in kind.secrets if name in facts}


def greeting_name(name: str) -> str:
    """Return the name for the greeting, or "" if the "name" contains a link or markup."""
    clean = _one_line(name, 60)
    return "" if _NOT_A_NAME.search(clean) else clean


def _one_line(text: str, longest: int) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
