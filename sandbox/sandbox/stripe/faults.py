"""Faults of the stand-in for Stripe: `POST /stripe/faults/`.

down: 503. slow: an answer after `seconds`. timeout_after: does the work, then no answer for `seconds`.
fail_after: does the work, then answers 500, also to the same key. pending: refunds stay pending.
"""

from __future__ import annotations

from sandbox.faults import Fault, Switch

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "pending"}
OPERATIONS = {"create", "capture", "cancel", "refund", "other", "read"}

_switch = Switch()


def switch(fault: Fault) -> None:
    _switch.present = fault


def present() -> Fault:
    return _switch.present


def strike(operation: str) -> Fault:
    """Return the fault that affects this operation, and count it; a fault of reads has to name them."""
    return _switch.strike(lambda fault: fault.operation == operation or (not fault.operation and operation != "read"))
