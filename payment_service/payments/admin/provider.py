"""Calls to the provider, its webhooks, and mismatches between its records and ours."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from chassis.admin import ReadOnlyAdmin, actor, permitted
from payments import commands
from payments.models import Mismatch, ProviderCall, WebhookEvent


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnlyAdmin):
    """Calls to the provider: due, of unknown outcome, or finished."""

    list_display = ("operation", "payment", "status", "attempts", "due_at", "sent_at", "error")
    list_filter = ("status", "operation")
    list_select_related = ("payment",)
    search_fields = ("payment__number", "subject", "correlation_id", "idempotency_key")
    ordering = ("-created_at",)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Webhooks of providers. One without a matching payment is set aside after some attempts; staff may retry it."""

    list_display = ("type", "provider", "provider_id", "received_at", "finished_at", "misses", "outcome", "error")
    list_filter = ("provider", "type", ("finished_at", admin.EmptyFieldListFilter))
    search_fields = ("event_id", "provider_id", "reference")
    ordering = ("-received_at",)
    actions = ("process_again",)

    @admin.action(description="Process again", permissions=["requeue"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda row: commands.requeue_webhook(webhook_id=row.id, now=timezone.now()),
            done="will be processed again",
        )

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "payments.change_webhookevent")


class MismatchActionForm(ActionForm):
    note = forms.CharField(
        max_length=1000, required=False, widget=UnfoldAdminTextInputWidget, help_text="How it was resolved."
    )


@admin.register(Mismatch)
class MismatchAdmin(ReadOnlyAdmin):
    """Differences between the provider's records and ours, and disputes."""

    list_display = (
        "kind", "payment", "provider_id", "ours", "theirs", "found_at", "resolved_at", "resolved_by", "note",
    )  # fmt: skip
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "kind", "provider")
    list_select_related = ("payment",)
    search_fields = ("provider_id", "payment__number", "payment__order_id")
    ordering = ("-found_at",)
    action_form = MismatchActionForm
    actions = ("resolve",)

    @admin.action(description="Close as resolved (note required)", permissions=["resolve"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Mismatch]) -> None:
        note = request.POST.get("note", "").strip()
        self.run_for_each(
            request,
            queryset.filter(resolved_at=None),
            lambda row: commands.resolve_mismatch(mismatch_id=row.id, by=actor(request), note=note, now=timezone.now()),
            done="closed; it opens again if the amounts change",
            reason=note,
        )

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "payments.change_mismatch")
