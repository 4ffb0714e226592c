"""The admin of payments. Rows are read-only; actions call commands."""

from payments.admin import disputes, payments, provider, reconciliation, refunds

__all__ = ["disputes", "payments", "provider", "reconciliation", "refunds"]
