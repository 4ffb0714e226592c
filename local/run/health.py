"""Health checks of running processes. Each returns "" when all is well, else what is wrong."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

_SECONDS = 3.0
#: A check that retries by itself would be slow to say no.
_ONCE = Retry(NoBackoff(), 0)


def http(url: str) -> str:
    """Check that the address responds with 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"answers {error.code}: {_reason(error.read())}"
    except (OSError, ValueError) as error:
        return f"does not answer ({getattr(error, 'reason', error)})"


def warning(url: str, name: str) -> str:
    """Return the warning of `/health/ready` under this name; "" when there is none or no response."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            check = str(json.load(answer)["checks"].get(name, ""))
    except (OSError, ValueError, KeyError):
        return ""
    return check.removeprefix("warning: ") if check.startswith("warning: ") else ""


def gateway(public_url: str, staff_url: str, services: Iterable[str]) -> str:
    """Check that the gateway responds and reaches every service: with Consul it must first learn of the instances."""
    if reason := http(f"{public_url}/health"):
        return reason
    away = [name for name in services if http(f"{staff_url}/health/{name}")]
    return f"does not reach {', '.join(away)}" if away else ""


def port(number: int) -> str:
    try:
        with socket.create_connection(("127.0.0.1", number), timeout=_SECONDS):
            return ""
    except OSError as error:
        return f"does not listen ({error.strerror or error})"


def redis(number: int) -> str:
    answer = ask_redis(f"redis://127.0.0.1:{number}", "PING")
    return "" if answer is True else f"does not answer ({answer})"


def worker(redis_url: str, service: str) -> str:
    """Check that the worker subscribes to its service's hints, which needs Redis, Django and the relay's thread."""
    answer = ask_redis(redis_url, "PUBSUB NUMSUB", f"souk:wake:{service}")
    if isinstance(answer, list) and len(answer) == 1:
        return "" if answer[0][1] else "is not ready yet"
    return f"cannot be seen ({answer})"


def ask_redis(url: str, *words: str) -> Any:
    """Run one Redis command and return the answer, or the text of the error."""
    with Redis.from_url(url, socket_timeout=_SECONDS, retry=_ONCE, decode_responses=True) as client:
        try:
            return client.execute_command(*words)
        except (RedisError, OSError) as error:
            return f"{error}"


def _reason(body: bytes) -> str:
    try:
        document = json.loads(body)
        checks = document.get("checks", {})
        return "; ".join(f"{name} {value}" for name, value in checks.items() if value != "ok") or str(document)
    except (ValueError, AttributeError):
        return body[:200].decode(errors="replace")
