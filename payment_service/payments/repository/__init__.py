"""Rows <-> domain objects: the payments of an order, and the calls that they lead to."""

from payments.repository.order_payments import locked, save
from payments.repository.provider_calls import finish_call, retry_call, start_call, stop_call

__all__ = ["finish_call", "locked", "retry_call", "save", "start_call", "stop_call"]
