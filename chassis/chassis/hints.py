"""Hints between the processes of a service, over Redis. A lost hint costs latency and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

#: Seconds without hints after one failed.
_QUIET = 5.0
#: Seconds that a sender waits at most for a Redis that hangs.
_SEND_TIMEOUT = 0.3
_LISTEN_TIMEOUT = 6.0


class Channel:
    """Hints of one kind, each a short text.

    `gather`: seconds that a listener waits after the first hint for further ones. A sender repeats no text within half
    of that: what it has committed by then is seen.
    """

    def __init__(self, kind: str, *, gather: float = 0.0) -> None:
        self._kind, self._gather = kind, gather
        self._sent: dict[str, float] = {}
        self._quiet_until = 0.0

    def send(self, text: str = "1") -> None:
        """Tell the listeners, after a commit. Never raises."""
        now = time.monotonic()
        if now < self._quiet_until or now < self._sent.get(text, 0.0) + self._gather / 2:
            return
        self._sent[text] = now
        try:
            _redis(_SEND_TIMEOUT).publish(self._name(), text)
        except redis.RedisError:
            self._quiet_until = time.monotonic() + _QUIET

    def listen(self, stop: threading.Event, heard: Callable[[str], object]) -> None:
        """Call `heard` with each text, once for those that arrive together, until `stop` is set."""
        while not stop.is_set():
            try:
                with _redis(_LISTEN_TIMEOUT).pubsub(ignore_subscribe_messages=True) as hints:
                    hints.subscribe(self._name())
                    while not stop.is_set():
                        for text in self._texts(hints, stop):
                            heard(text)
            except Exception as error:  # without this thread all later hints would be lost
                log.warning("hints_unavailable", kind=self._kind, error=repr(error))
                stop.wait(2.0)

    def _texts(self, hints: redis.client.PubSub, stop: threading.Event) -> set[str]:
        hint = hints.get_message(timeout=5.0)
        if hint and self._gather:
            stop.wait(self._gather)
        texts: set[str] = set()
        while hint:
            texts.add(hint["data"].decode())
            hint = hints.get_message()
        return texts

    def _name(self) -> str:
        return f"souk:{self._kind}:{settings.SERVICE_NAME}"


@cache
def _redis(socket_timeout: float) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=socket_timeout, socket_connect_timeout=0.3)
