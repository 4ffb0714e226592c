"""Which fact makes which notification, by which media. A table that a shopkeeper could check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifications.domain.kind import MAIL, PUSHED, Category, Kind, Medium
from notifications.domain.order_kinds import ORDER_KINDS

__all__ = [
    "KINDS",
    "Category",
    "Kind",
    "Medium",
    "greeting_name",
    "is_outdated",
    "link_of",
    "sealed_fields",
    "short_of",
    "subject_of",
]

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="email_verification",
            event="user.verification_requested.v1",
            category=Category.ACCOUNT,
            media=MAIL,
            subject="Confirm your e-mail address",
            short="Confirm your e-mail address to finish your registration.",
            link="/account/verify-email/?token={token}",
            listed=False,
            secrets=("sealed_token",),
        ),
        Kind(
            name="welcome",
            event="user.email_verified.v1",
            category=Category.ACCOUNT,
            media=MAIL,
            subject="Welcome to {shop_name}",
            short="Your e-mail address is confirmed. Have a look around.",
        ),
        Kind(
            name="registration_attempted",
            event="user.registration_attempted.v1",
            category=Category.ACCOUNT,
            media=MAIL,
            subject="You already have an account at {shop_name}",
            short="Somebody tried to register with your e-mail address.",
            link="/account/sign-in/",
            listed=False,
        ),
        Kind(
            name="password_reset",
            event="user.password_reset_requested.v1",
            category=Category.ACCOUNT,
            media=MAIL,
            subject="Choose a new password",
            short="A new password was asked for.",
            link="/account/reset-password/?token={token}",
            listed=False,
            secrets=("sealed_token",),
        ),
        Kind(
            name="staff_invited",
            event="user.staff_invited.v1",
            category=Category.ACCOUNT,
            media=MAIL,
            subject="You are invited to work at {shop_name}",
            short="A staff account was made for you.",
            link="/admin/users/choose_password/?token={token}",
            for_staff=True,
            listed=False,
            secrets=("sealed_token",),
        ),
        Kind(
            name="password_changed",
            event="user.password_changed.v1",
            category=Category.ACCOUNT,
            media=PUSHED,
            subject="Your password was changed",
            short="Your password was changed. Was it not you? Reset it now.",
            link="/account/forgot-password/",
        ),
        Kind(
            name="session_replayed",
            event="user.session_replayed.v1",
            category=Category.ACCOUNT,
            media=PUSHED,
            subject="We signed one of your devices out",
            short="A sign-in of yours was used in two places, so we ended it. Was it not you? Change your password.",
            link="/account/forgot-password/",
        ),
        Kind(
            name="review_rejected",
            event="review.rejected.v1",
            category=Category.ACCOUNT,
            media=PUSHED,
            subject="About your review of {product_name}",
            short="We do not show your review of {product_name}. {reason}",
            link="/account/reviews/",
        ),
        Kind(
            name="review_answered",
            event="review.answered.v1",
            category=Category.ACCOUNT,
            media=PUSHED,
            subject="We have answered your review of {product_name}",
            short="We have answered your review of {product_name}.",
            link="/account/reviews/",
        ),
        *ORDER_KINDS,
        Kind(
            name="promotion",
            event="",
            category=Category.PROMOTIONS,
            media=MAIL,
            subject="{headline}",
            short="{headline}",
            link="{button_url}",
        ),
    )
}

#: What a program may send here as a link; nothing else becomes one in a mail.
_SAFE_LINK = re.compile(r"https?://[^\s<>\"']+")
LONGEST_LINK = 2000
_NOT_A_NAME = re.compile(r"https?:|www\.|@|[<>/\\]", re.IGNORECASE)


def subject_of(kind: Kind, facts: Mapping[str, Any]) -> str:
    """One line, whatever stands in the facts."""
    return _one_line(kind.subject.format_map(facts), 160)


def short_of(kind: Kind, facts: Mapping[str, Any]) -> str:
    """What an SMS or a push message says: at most 300 characters."""
    return _one_line(kind.short.format_map(facts), 300)


def link_of(kind: Kind, facts: Mapping[str, Any], *, shop_url: str) -> str:
    """An absolute link. One that comes from a provider is taken only when it is http(s), else the shop's front page."""
    link = kind.link.format_map(facts)
    if link.startswith("/"):
        return shop_url + link
    return link if len(link) <= LONGEST_LINK and _SAFE_LINK.fullmatch(link) else f"{shop_url}/"


def is_outdated(facts: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether what it asks the reader to do cannot be done any more: such a mail only annoys."""
    expires_at = facts.get("expires_at")
    return expires_at is not None and datetime.fromisoformat(str(expires_at)) <= now


def sealed_fields(kind: Kind, facts: Mapping[str, Any]) -> dict[str, str]:
    """The secrets that have not been forgotten, as the templates name them, still sealed."""
    return {name.removeprefix("sealed_"): str(facts[name]) for name in kind.secrets if name in facts}


def greeting_name(name: str) -> str:
    """How a mail calls its reader; nothing when the "name" is an advertisement with a link in it."""
    clean = _one_line(name, 60)
    return "" if _NOT_A_NAME.search(clean) else clean


def _one_line(text: str, longest: int) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
