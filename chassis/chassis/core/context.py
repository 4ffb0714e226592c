"""The trace of the current work: ids that threads, logs and messages carry through a journey."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Trace:
    """`correlation_id`: the whole journey. `causation_id`: the message being handled, if any.

    `traceparent`: W3C Trace Context (https://www.w3.org/TR/trace-context/).
    """

    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def active() -> Trace | None:
    """Return the current trace, or None."""
    return _current.get()


def current() -> Trace:
    """Return the current trace, or a new one."""
    return active() or Trace(correlation_id=secrets.token_hex(16))


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


@contextmanager
def journey(correlation_id: str) -> Iterator[Trace]:
    """Continue an earlier journey, for work that a timer starts."""
    with tracing(replace(current(), correlation_id=correlation_id)) as trace:
        yield trace


def new_traceparent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
