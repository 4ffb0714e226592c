"""Faults of the mailbox, each for mail, SMS, push, or all of them: `POST /mailbox/faults/`.

down: no listener (SMTP), 503 (SMS, push). slow: a response after `seconds`. timeout_after: stores the message, then no
response for `seconds`. fail_after: stores it, then responds with a temporary error. temporary: 451 or 503, nothing
stored. permanent: 550 or 410, nothing stored. `to` restricts the fault to one address.
"""

from __future__ import annotations

from sandbox.faults import Fault, Switch

__all__ = ["MEDIA", "MODES", "SECONDS", "Fault", "present", "strike", "switch"]

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "temporary", "permanent"}
MEDIA = ("mail", "sms", "push")
#: Longer than a mail client waits.
SECONDS = 20.0

_switches = {medium: Switch() for medium in MEDIA}


def switch(fault: Fault, media: tuple[str, ...] = MEDIA) -> None:
    for medium in media:
        _switches[medium](fault)


def present(medium: str) -> Fault:
    return _switches[medium].present


def strike(medium: str, recipient: str) -> Fault:
    """Return the fault that affects this message, and count it."""
    return _switches[medium].strike(lambda fault: not fault.to or fault.to.lower() == recipient.lower())
