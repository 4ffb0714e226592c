"""JSON logs by structlog: one line per event, with the correlation id and without secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from chassis.core import context

_SECRET_NAMES = re.compile(r"pass(word|wd)?|secret|token|authorization|cookie|card|cvc|iban|api_?key", re.IGNORECASE)
_SECRET_VALUES = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"  # a JWT
    r"|\b(?:sk|rk|whsec)_\w{8,}"  # Stripe keys
    r"|\b(?:\d[ -]?){13,19}\b"  # a card number
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in a URL
)
HIDDEN = "[hidden]"


def configure(service: str, level: str = "INFO", *, version: str) -> None:
    """Configure structlog and the loggers of the standard library. Settings call it once."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _with_trace(service, version),
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("celery.worker.strategy", "celery.app.trace", "celery.beat", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide values with secret names, and what looks like a token, key or card number in any text."""
    for name, value in event.items():
        event[name] = HIDDEN if _SECRET_NAMES.search(name) and name != "event" else without_secrets(value)
    return event


def without_secrets(value: Any) -> Any:
    """Return the JSON value with secrets hidden, found by name and by format."""
    if isinstance(value, str):
        return _SECRET_VALUES.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {k: HIDDEN if _SECRET_NAMES.search(str(k)) else without_secrets(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return value


def _with_trace(service: str, version: str) -> Any:
    def add(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"], event["version"] = service, version
        trace = context.active()
        if trace is not None:
            event["correlation_id"] = trace.correlation_id
            if trace.causation_id:
                event["causation_id"] = trace.causation_id
        return event

    return add
