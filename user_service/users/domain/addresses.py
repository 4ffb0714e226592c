"""Addresses of a customer."""

from __future__ import annotations

from chassis.core.errors import DomainError, Kind

MAX_ADDRESSES = 20


class TooManyAddresses(DomainError):
    """You have as many addresses as we keep; delete one first."""

    code, kind = "too_many_addresses", Kind.CONFLICT


class DefaultAddressNeeded(DomainError):
    """One address is always the default; make another one the default instead."""

    code, kind = "default_address_needed", Kind.CONFLICT
