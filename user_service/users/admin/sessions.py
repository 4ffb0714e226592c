from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chassis.admin import ReadOnlyAdmin
from users.admin.any_engine import DatesOfRows, FindsById
from users.commands.revocation import end_session, end_sign_on
from users.domain.sessions import EndReason
from users.models import Session, StaffSignOn, User


@admin.register(Session)
class SessionAdmin(DatesOfRows, FindsById, ReadOnlyAdmin):
    """Who is signed in where."""

    list_display = ("user", "client", "user_agent", "created_at", "last_used_at", "revoked_at", "end_reason")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "end_reason")
    search_fields = ("user__email_key", "client")
    date_hierarchy = "created_at"
    ordering = ("-last_used_at",)
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.has_perm("users.change_session")

    @admin.action(description="Revoke: sign this device out", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        now, ended = timezone.now(), 0
        for session in queryset:
            if end_session(session_id=session.id, reason=EndReason.STAFF, now=now):
                self.log_change(request, session, "revoked")
                ended += 1
        self.message_user(request, f"{ended} revoked.", messages.SUCCESS)


@admin.register(StaffSignOn)
class StaffSignOnAdmin(DatesOfRows, FindsById, ReadOnlyAdmin):
    """Which staff are signed in where, to all admins at once."""

    list_display = ("user", "client", "user_agent", "created_at", "last_seen_at", "revoked_at", "end_reason")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "end_reason")
    search_fields = ("user__email_key", "client")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("end",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.has_perm("users.change_staffsignon")

    @admin.action(description="End: sign this device out of every admin", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[StaffSignOn]) -> None:
        now, ended = timezone.now(), 0
        for sign_on in queryset:
            if end_sign_on(sign_on_id=sign_on.id, reason=EndReason.STAFF, now=now):
                self.log_change(request, sign_on, "ended")
                ended += 1
        self.message_user(request, f"{ended} ended.", messages.SUCCESS)
