"""Deliveries: one notification by one medium to one address. States and retry intervals."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from chassis.core.errors import DomainError, Kind
from chassis.core.states import Transitions


class DeliveryState(StrEnum):
    PENDING = "pending"  # due at `due_at`, or leased by a sender
    SENDING = "sending"  # a sender is calling the provider, or died during the call
    SENT = "sent"
    REFUSED = "refused"  # the provider refused it permanently
    EXPIRED = "expired"  # attempted for days
    DROPPED = "dropped"  # its link has expired, or the customer no longer wants it


#: What is not listed here is illegal. Only staff make REFUSED and EXPIRED pending again.
TRANSITIONS: Transitions[DeliveryState] = {
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

#: The delivery is still to be sent.
OPEN = frozenset({DeliveryState.PENDING, DeliveryState.SENDING})
#: Nothing more is sent, unless staff retry what was refused or has expired.
ENDED = frozenset({DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.EXPIRED, DeliveryState.DROPPED})

#: The lease of a batch that waits its turn. After that another sender may lease what is left of it.
BATCH_LEASE = timedelta(seconds=15)
#: The time limit of a call to a provider.
CALL_TIME_LIMIT = timedelta(seconds=35)
#: Longer than the time limit of the call. When it has expired, the sender counts as dead.
SENDING_LEASE = timedelta(seconds=45)
#: The longest wait for the end of quiet hours.
LONGEST_QUIET_TIME = timedelta(days=1)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
#: While the provider accepts no message at all.
LONGEST_PAUSE_UNAVAILABLE = timedelta(seconds=30)
GIVE_UP_AFTER = timedelta(days=3)


class DeliveryNotRetryable(DomainError):
    """Only a pending, refused or expired delivery can be retried, and none whose link was erased."""

    code, kind = "delivery_not_retryable", Kind.CONFLICT


class DeliveryNotPending(DomainError):
    """Only a pending delivery can be given up."""

    code, kind = "delivery_not_pending", Kind.CONFLICT


def next_try(
    *, attempts: int, created_at: datetime, now: datetime, longest: timedelta = LONGEST_PAUSE
) -> datetime | None:
    """Return the time of the next attempt; None after GIVE_UP_AFTER."""
    if now - created_at >= GIVE_UP_AFTER:
        return None
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 10), longest)
    return now + pause
