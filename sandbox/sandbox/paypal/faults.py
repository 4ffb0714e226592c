"""Faults of the stand-in for PayPal: `POST /paypal/faults/`.

down: 503. slow: an answer after `seconds`. timeout_after: does the work, then no answer for `seconds`.
fail_after: does the work, then answers 500. refuse: refuses the operation. pending: refunds stay pending.
"""

from __future__ import annotations

from sandbox.faults import Fault, Switch, hang

__all__ = ["MODES", "OPERATIONS", "Fault", "hang", "present", "strike", "switch"]

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "refuse", "pending"}
OPERATIONS = {"create", "authorize", "capture", "reauthorize", "void", "refund", "read", "token", "certificate"}

#: Operations that change nothing; a fault has to name them.
_NAMED_ONLY = {"read", "token", "certificate"}

_switch = Switch()


def switch(fault: Fault) -> None:
    _switch.present = fault


def present() -> Fault:
    return _switch.present


def strike(operation: str) -> Fault:
    """Return the fault that affects this operation, and count it; one without an operation affects all that change."""

    def affects(fault: Fault) -> bool:
        return fault.operation == operation or (not fault.operation and operation not in _NAMED_ONLY)

    return _switch.strike(affects)
