"""Faults of the stand-in for PayPal: `POST /paypal/faults/`.

down: 503. slow: an answer after `seconds`. timeout_after: does the work, then no answer for `seconds`.
fail_after: does the work, then answers 500. refuse: refuses the operation. pending: refunds stay pending.
"""

from __future__ import annotations

from sandbox.faults import Fault, Switch, hang

__all__ = ["MODES", "OPERATIONS", "Fault", "hang", "strike", "switch"]

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "refuse", "pending"}
OPERATIONS = {"create", "authorize", "capture", "reauthorize", "void", "refund", "read", "token", "certificate"}

#: A fault without an operation affects all that change something.
switch = Switch(named_only={"read", "token", "certificate"})
strike = switch.strike_operation
