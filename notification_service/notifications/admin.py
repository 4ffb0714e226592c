"""What staff see: who was told what, by which way, and whether it arrived."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from chassis.admin import ModelAdmin, ReadOnlyAdmin
from chassis.core.errors import DomainError
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


class DeliveryInline(TabularInline):  # type: ignore[misc]
    model = Delivery
    extra = 0
    can_delete = False
    fields = readonly_fields = ("medium", "sent_to", "state", "attempts", "due_at", "sent_at")
    show_change_link = True

    @display(description="To")  # type: ignore[untyped-decorator]
    def sent_to(self, delivery: Delivery) -> str:
        return _sent_to(delivery)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "user_id", "created_at", "read_at")
    list_filter = ("category", "kind", ("read_at", admin.EmptyFieldListFilter))
    search_fields = ("title", "source", "correlation_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    exclude = ("facts",)  # they may hold a token until the mail has gone
    inlines = (DeliveryInline,)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("notification", "medium", "sent_to", "state_label", "attempts", "due_at", "sent_at")
    list_filter = ("state", "medium", "promotional", "notification__kind")
    list_select_related = ("notification",)
    search_fields = ("message_id", "notification__title")
    search_help_text = "Address, telephone number, id of the message, or title"
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    exclude = ("target", "log", "error", "lease", "leased_until")
    readonly_fields = ("sent_to", "tries")
    actions = ("retry", "give_up")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str) -> Any:
        """By address, too, but not by push tokens: they are hidden, and a search would read them letter by letter."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        addressed = queryset.filter(target__icontains=search_term.strip()).exclude(medium=Medium.PUSH)
        return found | addressed, duplicates

    @display(description="To")  # type: ignore[untyped-decorator]
    def sent_to(self, delivery: Delivery) -> str:
        return _sent_to(delivery)

    @display(description="State", ordering="state", label=STATE_LABELS)  # type: ignore[untyped-decorator]
    def state_label(self, delivery: Delivery) -> str:
        return str(delivery.state)

    @display(description="Tries")  # type: ignore[untyped-decorator]
    def tries(self, delivery: Delivery) -> SafeString:
        said = ((row["at"], _without_token(delivery, str(row["what"]))) for row in delivery.log)
        rows = format_html_join("", "<li>{}: {}</li>", said)
        return format_html("<ul>{}</ul>", rows) if rows else format_html("none yet")

    @admin.action(description="Try again now", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        done = 0
        for row in queryset:
            try:
                deliveries.retry_delivery(delivery_id=row.id, now=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{row}: {error.message}", messages.WARNING)
            else:
                self.log_change(request, row, "retried")
                done += 1
        self.message_user(request, f"{done} will be tried again within seconds.", messages.SUCCESS)

    @admin.action(description="Give up", permissions=["give_up"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        done = 0
        for row in queryset:
            try:
                deliveries.give_up_delivery(delivery_id=row.id, now=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{row}: {error.message}", messages.WARNING)
            else:
                self.log_change(request, row, "given up")
                done += 1
        self.message_user(request, f"{done} will not be sent.", messages.SUCCESS)

    def has_give_up_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.give_up_delivery"))  # type: ignore[union-attr]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_delivery"))  # type: ignore[union-attr]


@admin.register(Update)
class UpdateAdmin(ReadOnlyAdmin):
    list_display = ("type", "user_id", "seq", "order_id", "step", "at")
    list_filter = ("type",)
    search_fields = ("source",)
    date_hierarchy = "received_at"
    ordering = ("-received_at",)


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    """Written as a draft, then sent once to everybody who has agreed."""

    list_display = ("headline", "status_label", "recipients", "created_at", "started_at", "finished_at")
    list_filter = ("status",)
    search_fields = ("headline", "body")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    readonly_fields = ("status", "recipients", "started_at", "finished_at")
    actions = ("send", "stop")

    @display(description="Status", ordering="status", label=STATUS_LABELS)  # type: ignore[untyped-decorator]
    def status_label(self, campaign: Campaign) -> str:
        return str(campaign.status)

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        draft = obj is None or obj.status == Campaign.Status.DRAFT
        return bool(draft and super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        draft = obj is None or obj.status == Campaign.Status.DRAFT
        return bool(draft and super().has_delete_permission(request, obj))

    @admin.action(description="Send to everybody who has agreed", permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        for row in queryset:
            try:
                campaigns.start_campaign(campaign_id=row.id, now=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{row}: {error.message}", messages.WARNING)
            else:
                self.log_change(request, row, "sent")
                self.message_user(request, f"{row}: the mails are being made.", messages.SUCCESS)

    @admin.action(description="Stop", permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        for row in queryset:
            if campaigns.stop_campaign(campaign_id=row.id, now=timezone.now()):
                self.log_change(request, row, "stopped")
                self.message_user(request, f"{row}: no more mails are made.", messages.SUCCESS)


def badge(request: HttpRequest) -> list[str] | None:
    """What stands in the head of every page: jobs in trouble, and mails that did not arrive.

    To those who may see jobs or deliveries; None while there is nothing to look into.
    """
    said = jobs.badge(request)
    parts = [said[0]] if said else []
    if request.user.has_perm("notifications.view_delivery"):  # type: ignore[union-attr]
        undelivered = queries.undelivered_mails(timezone.now())
        if undelivered:
            parts.append(f"{undelivered} {'mail' if undelivered == 1 else 'mails'} not delivered")
    return [", ".join(parts), "danger"] if parts else None


def _sent_to(delivery: Delivery) -> str:
    """An address as it is; who holds a push token can push to the device."""
    return _without_token(delivery, delivery.target)


def _without_token(delivery: Delivery, text: str) -> str:
    hidden = delivery.target if delivery.medium == Medium.PUSH else ""
    return text.replace(hidden, "a device") if hidden else text
