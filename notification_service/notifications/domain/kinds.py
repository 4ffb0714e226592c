"""The table of all notifications: which event makes which notification, by which media."""

from __future__ import annotations

from collections.abc import Mapping

from notifications.domain.account_kinds import ACCOUNT_KINDS, PROMOTION
from notifications.domain.notification_kind import NotificationKind
from notifications.domain.order_kinds import ORDER_KINDS

KINDS: Mapping[str, NotificationKind] = {kind.name: kind for kind in (*ACCOUNT_KINDS, *ORDER_KINDS, PROMOTION)}
