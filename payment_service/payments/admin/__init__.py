"""The admin of payments. Rows are read-only; actions call commands."""

from payments.admin import payments, provider, refunds

__all__ = ["payments", "provider", "refunds"]
