"""Hints to the relay that messages are waiting. A lost hint costs latency, never a message."""

from __future__ import annotations

import threading
import time

from chassis.hints import Channel

_channel = Channel("wake")
_local = threading.Event()
_state = {"relay_is_local": False}


def send() -> None:
    """Send a hint after a commit that recorded messages."""
    if _state["relay_is_local"]:
        _local.set()
    else:
        _channel.send()


def wait(seconds: float, *, gather: float = 0.0) -> None:
    """Wait for a hint and `gather` seconds more for those that follow it, or for `seconds`."""
    if _local.wait(seconds):
        time.sleep(gather)
    _local.clear()


def listen(stop: threading.Event) -> None:
    """Turn hints of other processes into local ones until `stop`. Runs in a thread of the relay's process."""
    _state["relay_is_local"] = True
    _channel.listen(stop, lambda _: _local.set())
