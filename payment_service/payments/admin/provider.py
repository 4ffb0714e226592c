"""Calls to the provider, its webhooks, and mismatches between its records and ours."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from chassis.admin import ReadOnlyAdmin, ReasonForm, actor, permitted
from chassis.work.admin import WorkAdmin
from payments import commands
from payments.models import Mismatch, ProviderCall, ProviderCustomer, WebhookEvent


@admin.register(ProviderCall)
class ProviderCallAdmin(WorkAdmin):
    """Calls to the provider: due, of unknown outcome, or finished.

    One that is given up is not sent again, and ends once the provider shows that nothing happened.
    """

    list_display = ("operation", "payment", "status", "attempts", "due_at", "sent_at", "stopped_by", "error")
    list_filter = ("status", "operation", ("stopped_at", admin.EmptyFieldListFilter))
    list_select_related = ("payment",)
    search_fields = ("payment__number", "subject", "correlation_id", "idempotency_key")
    ordering = ("-created_at",)
    action_form = ReasonForm

    @admin.action(description="Give up, unless it was done after all (reason required)", permissions=["give_up"])
    def give_up(self, request: HttpRequest, items: QuerySet[ProviderCall]) -> None:
        if reason := self.reason_given(request):
            self.run_for_each(
                request,
                items,
                lambda call: commands.give_up_call(
                    call_id=call.id, by=actor(request), reason=reason, now=timezone.now()
                ),
                done="given up; it ends once the provider shows that nothing happened",
                reason=reason,
            )


@admin.register(WebhookEvent)
class WebhookEventAdmin(WorkAdmin):
    """Webhooks of providers. One without a matching payment is set aside after some attempts; staff may retry it."""

    list_display = ("type", "provider", "provider_id", "received_at", "finished_at", "misses", "outcome", "error")
    list_filter = ("provider", "type", *WorkAdmin.list_filter)
    search_fields = ("event_id", "provider_id", "reference")
    ordering = ("-received_at",)

    @admin.action(description="Try again now, also what was set aside", permissions=["try_again"])
    def try_again(self, request: HttpRequest, items: QuerySet[WebhookEvent]) -> None:
        self.run_for_each(
            request,
            items,
            lambda row: commands.requeue_webhook(webhook_id=row.id, now=timezone.now()),
            done="will be processed again",
        )


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
        return permitted(request, "payments.resolve_mismatch")


@admin.register(ProviderCustomer)
class ProviderCustomerAdmin(ReadOnlyAdmin):
    """Customers' accounts at providers, which keep their saved ways to pay."""

    list_display = ("customer_id", "provider", "provider_id", "created_at", "forget_at")
    list_filter = ("provider", ("forget_at", admin.EmptyFieldListFilter))
    search_fields = ("customer_id", "provider_id")
    ordering = ("-created_at",)
