"""Rows <-> domain objects: the payments of an order, and the calls that they lead to."""

from payments.repository.order_payments import locked, save
from payments.repository.provider_calls import lease_call, update_call

__all__ = ["lease_call", "locked", "save", "update_call"]
