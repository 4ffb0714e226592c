"""Faults of the courier, one at a time: `POST /courier/faults/`.

down: 503. slow: a response after `seconds`. timeout_after: does the work, then no response for `seconds`.
fail_after: does the work, then responds with 500.
webhooks_off, webhooks_twice, webhooks_reversed: how webhooks are sent.
"""

from __future__ import annotations

from sandbox.faults import Fault, Switch, hang

__all__ = ["MODES", "Fault", "hang", "strike", "switch"]

_AFTER_WORK = {"timeout_after", "fail_after"}
_WEBHOOKS = {"webhooks_off", "webhooks_twice", "webhooks_reversed"}
MODES = {"none", "down", "slow"} | _AFTER_WORK | _WEBHOOKS

switch = Switch()


def strike(*, works: bool) -> Fault:
    """Return the fault that affects this request, and count it. `works`: the request changes something."""
    return switch.strike(lambda fault: fault.mode not in _WEBHOOKS and (works or fault.mode not in _AFTER_WORK))
