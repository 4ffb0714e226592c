"""How we ask a carrier for something: until there is an answer, and never twice for the same. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Operation(StrEnum):
    CREATE = "create"
    CANCEL = "cancel"


class CallState(StrEnum):
    WAITING = "waiting"  # to be made, or made without an answer
    SUCCEEDED = "succeeded"
    REFUSED = "refused"  # a clear no
    WITHDRAWN = "withdrawn"  # canceled before it was made


#: Longer than all requests of one attempt together; whoever holds the lease for longer is dead.
LEASE = timedelta(seconds=60)

_PAUSES = (2, 5, 10, 20, 40, 60, 120)
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_POLL_PAUSE = timedelta(hours=6)


def pause_after(attempts: int) -> timedelta:
    """Until the next attempt, after so many without an answer. It never gives up: the order is paid."""
    return timedelta(seconds=_PAUSES[attempts - 1]) if attempts <= len(_PAUSES) else LONGEST_PAUSE


def poll_pause(base: timedelta, quiet: int) -> timedelta:
    """Until the next poll, after so many without news: twice as long each time, up to six hours."""
    return min(base * (1 << min(quiet, 12)), LONGEST_POLL_PAUSE)
