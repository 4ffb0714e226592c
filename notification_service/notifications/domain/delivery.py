"""The life of a delivery: one notification by one medium to one address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.core.errors import DomainError, Kind


class DeliveryState(StrEnum):
    PENDING = "pending"  # due at `due_at`, or leased by a sender
    SENDING = "sending"  # a sender talks to the provider now, or died while it did
    SENT = "sent"
    REFUSED = "refused"  # the provider said no for good
    EXPIRED = "expired"  # tried for days, or too old to be of use
    DROPPED = "dropped"  # the account was deleted, or the customer has opted out


#: What is not listed here is illegal. REFUSED and EXPIRED go on only by the hand of staff.
TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.PENDING: frozenset(
        {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.EXPIRED, DeliveryState.DROPPED}
    ),
    DeliveryState.SENDING: frozenset(
        {
            DeliveryState.SENDING,
            DeliveryState.SENT,
            DeliveryState.PENDING,
            DeliveryState.REFUSED,
            DeliveryState.EXPIRED,
            DeliveryState.DROPPED,
        }
    ),
    DeliveryState.SENT: frozenset(),
    DeliveryState.REFUSED: frozenset({DeliveryState.PENDING}),
    DeliveryState.EXPIRED: frozenset({DeliveryState.PENDING}),
    DeliveryState.DROPPED: frozenset(),
}

#: Nothing goes out any more, unless staff try again what was refused or has expired.
ENDED = frozenset({DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.EXPIRED, DeliveryState.DROPPED})

#: A batch that waits its turn. Another sender may take what is left after that; the first one then notices.
LEASE = timedelta(seconds=15)
#: A conversation with a provider is ended after that.
LONGEST_CONVERSATION = timedelta(seconds=35)
#: Longer than the longest conversation. When it has run out, the sender is taken for dead.
SENDING_LEASE = timedelta(seconds=45)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
#: When the provider as a whole is away, it is not this message's fault: look again soon.
LONGEST_PAUSE_WHILE_AWAY = timedelta(seconds=30)
GIVE_UP_AFTER = timedelta(days=3)


class DeliveryNotRetryable(DomainError):
    """Only a refused or expired delivery can be tried again, and none whose link has been forgotten."""

    code, kind = "delivery_not_retryable", Kind.CONFLICT


def may(current: DeliveryState, to: DeliveryState) -> bool:
    return to in TRANSITIONS[current]


def sources(to: DeliveryState) -> list[DeliveryState]:
    """The states from which `to` may be reached: what a conditional update asks for."""
    return [state for state, targets in TRANSITIONS.items() if to in targets]


def next_try(
    *, attempts: int, created_at: datetime, now: datetime, longest: timedelta = LONGEST_PAUSE
) -> datetime | None:
    """When to try again after `attempts` tries; None when it has been tried for long enough."""
    if now - created_at >= GIVE_UP_AFTER:
        return None
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 10), longest)
    return now + pause
