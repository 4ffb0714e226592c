"""The provider: calls to it, its webhooks, and where its books differ from ours."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from chassis.admin import ReadOnlyAdmin
from chassis.core.errors import DomainError
from payments import commands
from payments.models import Mismatch, ProviderCall, WebhookEvent


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnlyAdmin):
    """What is to be done, is in doubt, or was done at the provider."""

    list_display = ("operation", "payment", "status", "attempts", "due_at", "sent_at", "error")
    list_filter = ("status", "operation")
    list_select_related = ("payment",)
    search_fields = ("payment__number", "subject", "correlation_id", "idempotency_key")
    ordering = ("-created_at",)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """What providers told us. What is about no payment of ours is left after some tries; staff may look again."""

    list_display = ("type", "provider", "provider_id", "received_at", "processed_at", "misses", "outcome")
    list_filter = ("provider", "type", ("processed_at", admin.EmptyFieldListFilter))
    search_fields = ("event_id", "provider_id", "reference")
    ordering = ("-received_at",)
    actions = ("reschedule_erasure",)

    @admin.action(description="Look into it again", permissions=["requeue"])
    def reschedule_erasure(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        for row in queryset:
            commands.requeue_webhook(webhook_id=row.id, now=timezone.now())
            self.log_change(request, row, "looked into again")
        self.message_user(request, "They are looked into within seconds.", messages.SUCCESS)

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("payments.change_webhookevent"))  # type: ignore[union-attr]


class MismatchActionForm(ActionForm):  # type: ignore[misc]
    note = forms.CharField(
        max_length=1000, required=False, widget=UnfoldAdminTextInputWidget, help_text="How it was settled."
    )


@admin.register(Mismatch)
class MismatchAdmin(ReadOnlyAdmin):
    """Where our books and the provider's differ, and what customers dispute."""

    list_display = (
        "kind", "payment", "provider_id", "ours", "theirs", "found_at", "resolved_at", "resolved_by", "note",
    )  # fmt: skip
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "kind", "provider")
    list_select_related = ("payment",)
    search_fields = ("provider_id", "payment__number", "payment__order_id")
    ordering = ("-found_at",)
    action_form = MismatchActionForm
    actions = ("resolve",)

    @admin.action(description="Dealt with: close, with a note", permissions=["resolve"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Mismatch]) -> None:
        note, by = request.POST.get("note", "")[:1000], str(request.user)[:254]
        try:
            for row in queryset.filter(resolved_at=None):
                commands.resolve_mismatch(mismatch_id=row.id, by=by, note=note, now=timezone.now())
                self.log_change(request, row, f"dealt with: {note}")
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, "Closed. It opens again if the figures change.", messages.SUCCESS)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("payments.change_mismatch"))  # type: ignore[union-attr]
