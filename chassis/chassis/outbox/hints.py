"""Hints to the relay that messages are waiting. A lost hint costs latency, never a message."""

from __future__ import annotations

import threading
import time
from functools import cache

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

_local = threading.Event()
_state = {"relay_is_local": False, "quiet_until": 0.0}

#: Seconds without hints after one failed.
_QUIET = 5.0
#: Seconds that a request waits at most for a Redis that hangs.
_HINT_TIMEOUT = 0.3
_LISTEN_TIMEOUT = 6.0


def send() -> None:
    """Send a hint after a commit that recorded messages."""
    if _state["relay_is_local"]:
        _local.set()
    elif time.monotonic() >= _state["quiet_until"]:
        try:
            _redis(_HINT_TIMEOUT).publish(_channel(), b"1")
        except redis.RedisError:
            _state["quiet_until"] = time.monotonic() + _QUIET


def wait(seconds: float, *, gather: float = 0.0) -> None:
    """Wait for a hint and `gather` seconds more for those that follow it, or for `seconds`."""
    if _local.wait(seconds):
        time.sleep(gather)
    _local.clear()


def listen(stop: threading.Event) -> None:
    """Turn hints of other processes into local ones until `stop`. Runs in a thread of the relay's process."""
    _state["relay_is_local"] = True
    while not stop.is_set():
        try:
            with _redis(_LISTEN_TIMEOUT).pubsub(ignore_subscribe_messages=True) as hints:
                hints.subscribe(_channel())
                while not stop.is_set():
                    if hints.get_message(timeout=5.0):
                        _local.set()
        except Exception as error:  # without this thread all later hints would be lost
            log.warning("hints_unavailable", error=repr(error))
            stop.wait(2.0)


def _channel() -> str:
    return f"souk:wake:{settings.SERVICE_NAME}"


@cache
def _redis(socket_timeout: float) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=socket_timeout, socket_connect_timeout=0.3)
