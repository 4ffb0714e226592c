"""The shop's policy from the settings."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from orders.domain.policy import Policy


def policy() -> Policy:
    return Policy(
        payment_window=timedelta(seconds=settings.PAYMENT_WINDOW_SECONDS),
        transfer_window=timedelta(seconds=settings.TRANSFER_WINDOW_SECONDS),
        payment_attempts=settings.PAYMENT_ATTEMPTS_PER_ORDER,
        stock_hold=timedelta(seconds=settings.STOCK_HOLD_SECONDS),
        ask_again=timedelta(seconds=settings.ASK_AGAIN_SECONDS),
        return_window=timedelta(seconds=settings.RETURN_WINDOW_SECONDS),
        return_expiry=timedelta(seconds=settings.RETURN_EXPIRY_SECONDS),
        return_inspection=settings.RETURN_INSPECTION,
        refunds_shipping=settings.REFUND_SHIPPING,
        standard_shipping=settings.STANDARD_SHIPPING_CENTS or None,
        returns_auto_approve=settings.RETURNS_AUTO_APPROVE,
    )
