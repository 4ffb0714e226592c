"""A hint to the relay that something is waiting. Losing it costs latency, never a message."""

from __future__ import annotations

import threading
import time
from functools import cache

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

_local = threading.Event()
_state = {"relay_here": False, "quiet_until": 0.0}

#: After a failed hint, do not try again for so many seconds.
_QUIET = 5.0
#: A request waits so long, at most, for a Redis that hangs.
_HINT_TIMEOUT = 0.3
_LISTEN_TIMEOUT = 6.0


def send() -> None:
    """Called after a commit that recorded messages."""
    if _state["relay_here"]:
        _local.set()
    elif time.monotonic() >= _state["quiet_until"]:
        try:
            _redis(_HINT_TIMEOUT).publish(_channel(), b"1")
        except redis.RedisError:
            _state["quiet_until"] = time.monotonic() + _QUIET


def wait(seconds: float, *, gather: float = 0.0) -> None:
    """Until a hint comes, and `gather` longer for those that follow it; or until `seconds` have passed."""
    if _local.wait(seconds):
        time.sleep(gather)
    _local.clear()


def listen(stop: threading.Event) -> None:
    """Turn hints of other processes into local ones, until `stop`. For a thread beside the relay."""
    _state["relay_here"] = True
    while not stop.is_set():
        try:
            with _redis(_LISTEN_TIMEOUT).pubsub(ignore_subscribe_messages=True) as hints:
                hints.subscribe(_channel())
                while not stop.is_set():
                    if hints.get_message(timeout=5.0):
                        _local.set()
        except Exception as error:  # a thread that ends silently would cost every hint from now on
            log.warning("hints_wait", error=repr(error))
            stop.wait(2.0)


def _channel() -> str:
    return f"souk:wake:{settings.SERVICE_NAME}"


@cache
def _redis(socket_timeout: float) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=socket_timeout, socket_connect_timeout=0.3)
