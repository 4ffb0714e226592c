"""Faults of the stand-in for Stripe: `POST /stripe/faults/`.

down: 503. slow: an answer after `seconds`. timeout_after: does the work, then no answer for `seconds`.
fail_after: does the work, then answers 500, also to the same key. pending: refunds stay pending.
"""

from __future__ import annotations

from sandbox.faults import Fault, Switch, hang

__all__ = ["MODES", "OPERATIONS", "Fault", "hang", "strike", "switch"]

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "pending"}
OPERATIONS = {"create", "capture", "cancel", "refund", "other", "read"}

#: A fault without an operation affects all that change something.
switch = Switch(named_only={"read"})
strike = switch.strike_operation
