"""Rows <-> domain objects: the account of an order, and the calls that it leads to."""

from payments.repository.accounts import locked, save
from payments.repository.calls import Begun, begin_call, end_call

__all__ = ["Begun", "begin_call", "end_call", "locked", "save"]
