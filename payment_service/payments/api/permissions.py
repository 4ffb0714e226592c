"""Who may see and do what."""

from __future__ import annotations

from uuid import UUID

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.jwt import Identity


class SeesPayments(BasePermission):
    """A customer (their own), or staff who may view payments (all)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Identity) or may(request, "payments.view_payment")


class MayRefund(BasePermission):
    """Staff of the finance group."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may(request, "payments.add_refund")


def may(request: Request, permission: str) -> bool:
    return bool(getattr(request.user, "is_staff", False)) and request.user.has_perm(permission)  # type: ignore[union-attr]


def whose(request: Request) -> UUID | None:
    """The customer to whom the answer is confined; None for staff."""
    return request.user.id if isinstance(request.user, Identity) else None
