"""Render a delivery as the message to send: templates filled with the facts of its notification."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.template import Context, Engine

from notifications.domain.content import greeting_name, link_of, sealed_fields
from notifications.domain.kinds import KINDS
from notifications.domain.notification_kind import Category, Medium, NotificationKind
from notifications.models import Contact, Delivery
from notifications.providers.port import Message

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
UNSUBSCRIBE_SALT = "notifications.unsubscribe"


def message_of(delivery: Delivery, contact: Contact | None, *, target: str) -> Message:
    """Return the message for the provider. The same delivery always has the same `reference`."""
    notification = delivery.notification
    kind = KINDS[notification.kind]
    if delivery.medium != Medium.EMAIL:
        return Message(
            target=target,
            reference=str(delivery.id),
            title=notification.title,
            text=f"{settings.SHOP_NAME}: {notification.body}" if delivery.medium == Medium.SMS else notification.body,
            link=notification.link,
        )
    name = greeting_name(notification.facts.get("name") or (contact.name if contact else ""))
    context = mail_context(
        kind, _opened(kind, notification.facts), title=notification.title, name=name, user_id=notification.user_id
    )
    context["locale"], context["zone"] = (contact.locale, contact.time_zone) if contact else ("", "")
    return Message(
        target=target,
        reference=delivery.message_id,
        title=notification.title,
        name=name,
        html=html_of(kind, context),
        text=text_of(kind, context),
        link=context["link"],
        headers=headers_of(kind, notification.user_id),
    )


def _opened(kind: NotificationKind, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts with their secrets in clear, for the mail only."""
    secrets = sealed_fields(kind, facts)
    return {**facts, **{name: settings.MAIL_SEAL.opened(sealed) for name, sealed in secrets.items()}}


def mail_context(
    kind: NotificationKind, facts: dict[str, Any], *, title: str, name: str, user_id: UUID
) -> dict[str, Any]:
    """Return the template context: the facts and the values that every template can use."""
    return {
        **facts,
        "title": title,
        "name": name,
        "link": link_of(kind, facts, shop_url=settings.STAFF_URL if kind.for_staff else settings.SHOP_URL),
        "shop_name": settings.SHOP_NAME,
        "shop_url": settings.SHOP_URL,
        "support": settings.SUPPORT_EMAIL,
        "unsubscribe_url": "" if kind.transactional else unsubscribe_url(user_id, kind.category),
    }


def html_of(kind: NotificationKind, context: dict[str, Any]) -> str:
    return _filled(f"mail/{kind.name}.html", context, autoescape=True)


def text_of(kind: NotificationKind, context: dict[str, Any]) -> str:
    return _without_gaps(_filled(f"mail/{kind.name}.txt", context, autoescape=False))


def headers_of(kind: NotificationKind, user_id: UUID) -> dict[str, str]:
    """Return the extra headers; for promotional mail the one-click unsubscription of RFC 8058."""
    headers = {"X-Souk-Kind": kind.name}
    if not kind.transactional:
        headers["List-Unsubscribe"] = f"<{unsubscribe_url(user_id, kind.category)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def unsubscribe_url(user_id: UUID, category: Category) -> str:
    """Return a signed link that works without sign-in, and only for this category."""
    token = signing.dumps([str(user_id), category.value], salt=UNSUBSCRIBE_SALT)
    return f"{settings.SHOP_URL}/api/v1/notification-preferences/unsubscribe/?token={quote(token)}"


def _filled(template: str, context: dict[str, Any], *, autoescape: bool) -> str:
    return _engine().get_template(template).render(Context(context, autoescape=autoescape))


@cache
def _engine() -> Engine:
    """Return a template engine separate from the admin's, with our filters built in."""
    return Engine(dirs=[str(TEMPLATES)], builtins=["notifications.rendering.filters"])


def _without_gaps(text: str) -> str:
    """Remove trailing blanks and repeated empty lines."""
    lines: list[str] = []
    for line in (raw.rstrip() for raw in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
