"""Which fact makes which notification, by which media. A table that a shopkeeper could check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class Category(StrEnum):
    """What a customer may choose by. Account and order e-mail is transactional and always sent."""

    ACCOUNT = "account"
    ORDERS = "orders"
    PROMOTIONS = "promotions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One sort of notification.

    `name` is also that of its templates. `subject` and `short` are filled with the fact's fields;
    `short` is what an SMS, a push message and the list in the app say. `listed`: stands in that list.
    `link`: where it leads in the shop, or `for_staff` at the address of the staff. `secrets`: sealed fields, opened for
    the templates without `sealed_` in their names and forgotten once the mail has gone or can go no more.
    """

    name: str
    event: str
    category: Category
    media: tuple[Medium, ...]
    subject: str
    short: str
    link: str = "/"
    for_staff: bool = False
    listed: bool = True
    secrets: tuple[str, ...] = ()

    @property
    def transactional(self) -> bool:
        return self.category is not Category.PROMOTIONS


MAIL = (Medium.EMAIL,)
ALL = (Medium.EMAIL, Medium.SMS, Medium.PUSH)
PUSHED = (Medium.EMAIL, Medium.PUSH)

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
            subject="Welcome to Souk",
            short="Your e-mail address is confirmed. Enjoy the market.",
        ),
        Kind(
            name="registration_attempted",
            event="user.registration_attempted.v1",
            category=Category.ACCOUNT,
            media=MAIL,
            subject="You already have a Souk account",
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
            subject="You are invited to work in the Souk shop",
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
            name="order_confirmed",
            event="order.confirmed.v1",
            category=Category.ORDERS,
            media=PUSHED,
            subject="Thank you! Order {number} is confirmed",
            short="Order {number} is confirmed. We are packing it now.",
            link="/account/orders/{order_id}/",
        ),
        Kind(
            name="payment_action_required",
            event="order.payment_action_required.v1",
            category=Category.ORDERS,
            media=ALL,
            subject="One more step to pay order {number}",
            short="Your bank asks you to confirm the payment of order {number}.",
            link="{action_url}",
        ),
        Kind(
            name="payment_declined",
            event="order.payment_declined.v1",
            category=Category.ORDERS,
            media=PUSHED,
            subject="The payment of order {number} did not go through",
            short="The payment of order {number} was declined. You can pay another way.",
            link="/account/orders/{order_id}/payment/",
        ),
        Kind(
            name="order_dispatched",
            event="order.dispatched.v1",
            category=Category.ORDERS,
            media=ALL,
            subject="Order {number} is on its way",
            short="Order {number} is on its way. {carrier}: {tracking_number}",
            link="{tracking_url}",
        ),
        Kind(
            name="order_delivered",
            event="order.delivered.v1",
            category=Category.ORDERS,
            media=ALL,
            subject="Order {number} has arrived",
            short="Order {number} has been delivered. How do you like it?",
            link="/account/orders/{order_id}/",
        ),
        Kind(
            name="order_canceled",
            event="order.canceled.v1",
            category=Category.ORDERS,
            media=PUSHED,
            subject="Order {number} is canceled",
            short="Order {number} is canceled. {message}",
            link="/account/orders/{order_id}/",
        ),
        Kind(
            name="return_approved",
            event="return.approved.v1",
            category=Category.ORDERS,
            media=PUSHED,
            subject="Your return for order {number} is approved",
            short="Your return for order {number} is approved. The label is ready.",
            link="{label_url}",
        ),
        Kind(
            name="return_rejected",
            event="return.rejected.v1",
            category=Category.ORDERS,
            media=MAIL,
            subject="About your return for order {number}",
            short="We cannot take your return for order {number}. {message}",
            link="/account/orders/{order_id}/",
        ),
        Kind(
            name="return_refunded",
            event="return.refunded.v1",
            category=Category.ORDERS,
            media=PUSHED,
            subject="Your refund for order {number} is on its way",
            short="Your return for order {number} is complete; the refund is on its way.",
            link="/account/orders/{order_id}/",
        ),
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
