"""Kinds of notifications: category, media and texts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class Category(StrEnum):
    """The groups that a customer's choices refer to. Account and order e-mail is transactional and always sent."""

    ACCOUNT = "account"
    ORDERS = "orders"
    PROMOTIONS = "promotions"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationKind:
    """A kind of notification.

    `name`: also the name of its templates. `subject`, `short`: filled with the fields of the event and `shop_name`;
    `short` is the text of an SMS, of a push message and of the list in the app. `listed`: appears in that list.
    `link`: a path in the shop, or with `for_staff` at the staff's address. `secrets`: sealed fields, opened for the
    templates without `sealed_` in their names, and erased once the mail is sent or can no longer be sent.
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
