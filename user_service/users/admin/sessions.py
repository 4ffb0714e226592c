"""Sessions of customers and sign-ons of staff."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chassis.admin import ReadOnlyAdmin, permitted
from users.admin.any_engine import DatesOfRows, FindsById
from users.commands.revocation import end_session, end_sign_on
from users.domain.sessions import EndReason
from users.models import Session, StaffSignOn


@admin.register(Session)
class SessionAdmin(DatesOfRows, FindsById, ReadOnlyAdmin):
    """Devices on which users are signed in."""

    list_display = ("user", "client", "user_agent", "created_at", "last_used_at", "revoked_at", "end_reason")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "end_reason")
    search_fields = ("user__email_key", "client")
    date_hierarchy = "created_at"
    ordering = ("-last_used_at",)
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "users.change_session")

    @admin.action(description="Revoke: sign the device out", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda session: end_session(session_id=session.id, reason=EndReason.STAFF, now=timezone.now()),
            done="revoked",
        )


@admin.register(StaffSignOn)
class StaffSignOnAdmin(DatesOfRows, FindsById, ReadOnlyAdmin):
    """Devices on which staff are signed in to all admins."""

    list_display = ("user", "client", "user_agent", "created_at", "last_seen_at", "revoked_at", "end_reason")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "end_reason")
    search_fields = ("user__email_key", "client")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("end",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "users.change_staffsignon")

    @admin.action(description="End: sign the device out of every admin", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[StaffSignOn]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda sign_on: end_sign_on(sign_on_id=sign_on.id, reason=EndReason.STAFF, now=timezone.now()),
            done="ended",
        )
