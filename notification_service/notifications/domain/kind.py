"""What a notification is: its category, the media by which it goes out, and its sort."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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

    `name` is also that of its templates. `subject` and `short` are filled with the fact's fields and `shop_name`;
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
