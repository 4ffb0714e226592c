"""Ways to go wrong: `POST /mailbox/faults/`, each for mail, SMS, push, or all of them.

down: nobody listens (SMTP), 503 (SMS, push). slow: `seconds` before the answer. timeout_after: the message is kept,
and then nothing is said for `seconds`. fail_after: it is kept, and the answer is a temporary no. temporary: 451 or 503,
nothing kept. permanent: 550 or 410, nothing kept. `to`: only messages to this address. `count`: how many are hit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "temporary", "permanent"}
MEDIA = ("mail", "sms", "push")


@dataclass(frozen=True)
class Fault:
    mode: str = "none"
    seconds: float = 20.0
    count: int | None = None
    to: str = ""


_now: dict[str, Fault] = {}


def switch(fault: Fault, media: tuple[str, ...] = MEDIA) -> None:
    for medium in media:
        _now[medium] = fault


def present(medium: str) -> Fault:
    return _now.get(medium, Fault())


def strike(medium: str, recipient: str) -> Fault:
    """The fault that hits this message, if any; counts it."""
    fault = present(medium)
    if fault.mode == "none" or (fault.to and fault.to.lower() != recipient.lower()):
        return Fault()
    if fault.count is not None:
        switch(replace(fault, count=fault.count - 1) if fault.count > 1 else Fault(), (medium,))
    return fault
