"""Faults of the card processor: `POST /payments/faults/`.

down: 503. slow: a response after `seconds`. timeout_after: does the work, then no response for `seconds`.
fail_after: does the work, then responds with 500.
refuse: refuses the operation. forget_keys: forgets all idempotency keys, once.
"""

from __future__ import annotations

from sandbox.faults import Fault, Switch, hang
from sandbox.payments.records import books

__all__ = ["MODES", "OPERATIONS", "Fault", "hang", "strike", "switch"]

MODES = {"none", "down", "slow", "timeout_after", "fail_after", "forget_keys", "refuse"}
OPERATIONS = {"authorize", "capture", "void", "refund", "read"}
_AFTER_WORK = {"timeout_after", "fail_after"}


class _ForgettingSwitch(Switch):
    def __call__(self, fault: Fault) -> None:
        if fault.mode == "forget_keys":
            books.execute("DELETE FROM idempotency_keys")
            fault = Fault()
        super().__call__(fault)


switch: Switch = _ForgettingSwitch()


def strike(operation: str) -> Fault:
    """Return the fault that affects this operation, and count it; reading has no work to fail after."""

    def affects(fault: Fault) -> bool:
        if operation == "read" and fault.mode in _AFTER_WORK:
            return fault.operation == "read"
        return fault.operation in {"", operation}

    return switch.strike(affects)
