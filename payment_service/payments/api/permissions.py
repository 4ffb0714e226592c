"""Permissions of the API."""

from __future__ import annotations

from uuid import UUID

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.jwt import Identity
from payments.domain.payment import PaymentNotFound


class SeesPayments(BasePermission):
    """Customers see their own payments, staff with the permission to view payments see all."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Identity) or may(request, "payments.view_payment")


class IsOwner(BasePermission):
    """A customer; the view looks among their own payments."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Identity)


class MayRefund(BasePermission):
    """Staff with the permission to add refunds: the group finance."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may(request, "payments.add_refund")


def may(request: Request, permission: str) -> bool:
    return bool(getattr(request.user, "is_staff", False)) and request.user.has_perm(permission)


def payer_of(request: Request) -> UUID | None:
    """As `customer_of`, on a page that visitors may see too. Raises PaymentNotFound for a visitor."""
    if not (isinstance(request.user, Identity) or may(request, "payments.view_payment")):
        raise PaymentNotFound
    return customer_of(request)


def customer_of(request: Request) -> UUID | None:
    """Return the customer whose rows the answer is limited to; None for staff."""
    return request.user.id if isinstance(request.user, Identity) else None
