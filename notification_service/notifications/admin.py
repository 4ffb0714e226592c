"""Notifications, their deliveries, contacts, preferences and campaigns."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chassis.admin import ModelAdmin, ReadOnlyAdmin, ReadOnlyInline, badge_column, permitted
from chassis.jobs import admin as jobs
from notifications import queries
from notifications.commands import campaigns, deliveries
from notifications.domain.delivery import DeliveryState
from notifications.domain.notification_kind import Medium
from notifications.models import (
    Campaign,
    Contact,
    Delivery,
    Device,
    Notification,
    Preference,
    QuietTime,
    Update,
)

STATE_LABELS = {
    DeliveryState.PENDING.value: "info",
    DeliveryState.SENDING.value: "info",
    DeliveryState.SENT.value: "success",
    DeliveryState.REFUSED.value: "danger",
    DeliveryState.EXPIRED.value: "danger",
    DeliveryState.DROPPED.value: "warning",
}
STATUS_LABELS = {"sending": "info", "done": "success", "stopped": "warning"}


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "locale", "email_verified", "updated_at", "deleted_at")
    list_filter = ("email_verified", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("email", "name")
    ordering = ("-updated_at",)


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    list_display = ("user_id", "category", "medium", "enabled", "origin", "updated_at")
    list_filter = ("category", "medium", "enabled", "origin")
    search_fields = ("=user_id",)
    ordering = ("-updated_at",)


@admin.register(QuietTime)
class QuietTimeAdmin(ReadOnlyAdmin):
    list_display = ("user_id", "start", "end", "time_zone")
    search_fields = ("=user_id",)
    ordering = ("user_id",)


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ("user_id", "platform", "label", "created_at")
    list_filter = ("platform",)
    search_fields = ("label",)
    exclude = ("token",)
    ordering = ("-created_at",)


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = readonly_fields = ("medium", "sent_to", "state", "attempts", "due_at", "sent_at")
    show_change_link = True

    @admin.display(description="To")
    def sent_to(self, delivery: Delivery) -> str:
        return _sent_to(delivery)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "user_id", "created_at", "read_at")
    list_filter = ("category", "kind", ("read_at", admin.EmptyFieldListFilter))
    search_fields = ("title", "source", "correlation_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    exclude = ("facts",)  # may contain a token until the mail is sent
    inlines = (DeliveryInline,)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("notification", "medium", "sent_to", "state_label", "attempts", "due_at", "sent_at")
    list_filter = ("state", "medium", "promotional")
    list_select_related = ("notification",)
    search_fields = ("message_id", "notification__title")
    search_help_text = "Address, telephone number, id of the message, or title"
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    exclude = ("target", "log", "error", "lease", "leased_until")
    readonly_fields = ("sent_to", "tries")
    actions = ("try_again", "give_up")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str) -> Any:
        """Search addresses as well, but not push tokens: a search could reveal a hidden token letter by letter."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        addressed = queryset.filter(target__icontains=search_term.strip()).exclude(medium=Medium.PUSH)
        return found | addressed, duplicates

    @admin.display(description="To")
    def sent_to(self, delivery: Delivery) -> str:
        return _sent_to(delivery)

    state_label = badge_column("state", STATE_LABELS, "State")

    @admin.display(description="Attempts")
    def tries(self, delivery: Delivery) -> SafeString:
        said = ((row["at"], _without_token(delivery, str(row["what"]))) for row in delivery.log)
        rows = format_html_join("", "<li>{}: {}</li>", said)
        return format_html("<ul>{}</ul>", rows) if rows else format_html("none yet")

    @admin.action(description="Try again now", permissions=["try_again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda row: deliveries.retry_delivery(delivery_id=row.id, now=timezone.now()),
            done="will be sent again within seconds",
        )

    @admin.action(description="Give up", permissions=["give_up"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda row: deliveries.give_up_delivery(delivery_id=row.id, now=timezone.now()),
            done="will not be sent",
        )

    def has_give_up_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "notifications.give_up_delivery")

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "notifications.change_delivery")


@admin.register(Update)
class UpdateAdmin(ReadOnlyAdmin):
    list_display = ("type", "user_id", "seq", "order_id", "step", "at")
    list_filter = ("type",)
    search_fields = ("source",)
    date_hierarchy = "received_at"
    ordering = ("-received_at",)


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    """Messages to all who have agreed to them: written as a draft, sent once."""

    list_display = ("headline", "status_label", "recipients", "created_at", "started_at", "finished_at")
    list_filter = ("status",)
    search_fields = ("headline", "body")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    readonly_fields = ("status", "recipients", "started_at", "finished_at")
    actions = ("send", "stop")

    status_label = badge_column("status", STATUS_LABELS, "Status")

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        draft = obj is None or obj.status == Campaign.Status.DRAFT
        return bool(draft and super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        draft = obj is None or obj.status == Campaign.Status.DRAFT
        return bool(draft and super().has_delete_permission(request, obj))

    @admin.action(description="Send to all who have agreed", permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda row: campaigns.start_campaign(campaign_id=row.id, now=timezone.now()),
            done="sending started",
        )

    @admin.action(description="Stop", permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda row: campaigns.stop_campaign(campaign_id=row.id, now=timezone.now()),
            done="stopped",
        )


def badge(request: HttpRequest) -> list[str] | None:
    """Return the badge in the page header: jobs that need attention and undelivered mails; None without any.

    Each is shown to those who may view jobs or deliveries.
    """
    said = jobs.badge(request)
    parts = [said[0]] if said else []
    if permitted(request, "notifications.view_delivery"):
        undelivered = queries.undelivered_mails(timezone.now())
        if undelivered:
            parts.append(f"{undelivered} {'mail' if undelivered == 1 else 'mails'} not delivered")
    return [", ".join(parts), "danger"] if parts else None


def _sent_to(delivery: Delivery) -> str:
    """Return the address, but not a push token: its holder can push to the device."""
    return _without_token(delivery, delivery.target)


def _without_token(delivery: Delivery, text: str) -> str:
    hidden = delivery.target if delivery.medium == Medium.PUSH else ""
    return text.replace(hidden, "a device") if hidden else text
