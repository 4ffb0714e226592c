"""Looking at a process from outside. Each check answers "" when all is well, else what is wrong."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from typing import Any

_SECONDS = 3.0


def http(url: str) -> str:
    """`/health/ready` and the like."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"answers {error.code}: {_reason(error.read())}"
    except (OSError, ValueError) as error:
        return f"does not answer ({getattr(error, 'reason', error)})"


def warning(url: str, name: str) -> str:
    """What `/health/ready` warns of under this name; "" when it does not, or does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            check = str(json.load(answer)["checks"].get(name, ""))
    except (OSError, ValueError, KeyError):
        return ""
    return check.removeprefix("warning: ") if check.startswith("warning: ") else ""


def gateway(public_url: str, staff_url: str, services: Iterable[str]) -> str:
    """It answers, and each service is reached through it: with Consul it must have heard of it first."""
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
    return "" if answer == "PONG" else f"does not answer ({answer})"


def worker(redis_url: str, service: str) -> str:
    """A worker that is ready listens for hints of its service: that needs Redis, Django, and the relay's thread."""
    answer = ask_redis(redis_url, "PUBSUB", "NUMSUB", f"souk:wake:{service}")
    if isinstance(answer, list) and len(answer) == 2:
        return "" if answer[1] else "is not ready yet"
    return f"cannot be seen ({answer})"


def ask_redis(url: str, *words: str) -> Any:
    """One command to Redis; the answer, or the error's text."""
    where = urllib.parse.urlsplit(url)
    try:
        with socket.create_connection((where.hostname, where.port), timeout=_SECONDS) as connection:
            connection.sendall(_encoded(words))
            with connection.makefile("rb") as answers:
                return _decoded(answers)
    except (OSError, ValueError) as error:
        return f"{error}"


def _encoded(words: tuple[str, ...]) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    parts += [f"${len(word.encode())}\r\n{word}\r\n".encode() for word in words]
    return b"".join(parts)


def _decoded(answers: Any) -> Any:
    line = answers.readline().rstrip(b"\r\n").decode()
    kind, rest = line[:1], line[1:]
    match kind:
        case "$":
            return answers.read(int(rest) + 2)[:-2].decode() if int(rest) >= 0 else None
        case "*":
            return [_decoded(answers) for _ in range(int(rest))]
        case ":":
            return int(rest)
        case _:
            return rest


def _reason(body: bytes) -> str:
    try:
        document = json.loads(body)
        checks = document.get("checks", {})
        return "; ".join(f"{name} {value}" for name, value in checks.items() if value != "ok") or str(document)
    except (ValueError, AttributeError):
        return body[:200].decode(errors="replace")
