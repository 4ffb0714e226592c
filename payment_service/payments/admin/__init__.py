"""Staff see everything and change nothing by hand; refunds and closed mismatches go through commands."""

from payments.admin import payments, provider, refunds

__all__ = ["payments", "provider", "refunds"]
