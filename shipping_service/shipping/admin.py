from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from chassis.admin import ModelAdmin, ReadOnlyAdmin
from chassis.core.errors import DomainError
from shipping import commands, models
from shipping.domain.tracking import TrackingStatus

STATUS_COLORS = {
    "requested": "info",
    "created": "info",
    "dispatched": "warning",
    "in_transit": "warning",
    "out_for_delivery": "warning",
    "delivered": "success",
    "canceling": "warning",
    "failed": "danger",
    "returned": "danger",
}


class ReadOnlyInline(TabularInline):  # type: ignore[misc]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class TimelineInline(ReadOnlyInline):
    model = models.TrackingEvent
    verbose_name_plural = "timeline"
    fields = ("occurred_at", "status", "description", "location", "recorded_at")


class CallInline(ReadOnlyInline):
    model = models.CarrierCall
    fields = ("operation", "state", "attempts", "due_at", "finished_at", "error")


class ReasonForm(ActionForm):  # type: ignore[misc]
    """Asks beside the action why it is done."""

    reason = forms.CharField(
        required=False,
        max_length=200,
        label="",
        widget=UnfoldAdminTextInputWidget(
            {"placeholder": "Reason, which the customer may read", "aria-label": "Reason"}
        ),
    )


class CarrierCallActions(ReadOnlyAdmin):
    """What staff may do about calls; `shipping.change_carriercall` is the right to it."""

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shipping.change_carriercall")  # type: ignore[union-attr]

    def retry(self, request: HttpRequest, calls: QuerySet[models.CarrierCall]) -> None:
        for call in calls:
            _attempt(self, request, call, "Asked the carrier again", commands.retry_call, call_id=call.id)


@admin.register(models.Shipment)
class ShipmentAdmin(CarrierCallActions):
    list_display = ("reference", "number", "colored_status", "carrier", "service", "tracking_number", "created_at")
    list_filter = ("status", "direction", "carrier", "service")
    search_fields = ("reference", "tracking_number", "number", "order_id", "customer_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines = (TimelineInline, CallInline)
    action_form = ReasonForm
    actions = ("retry_calls", "picked_up", "delivered", "returned", "lost", "damaged", "canceled_by_carrier")
    exclude = ("tracking_url", "label_url")
    readonly_fields = ("tracking_page", "return_label")

    @display(description="status", ordering="status", label=STATUS_COLORS)  # type: ignore[untyped-decorator]
    def colored_status(self, shipment: models.Shipment) -> str:
        return str(shipment.status)

    @admin.display(description="Carrier's tracking page")
    def tracking_page(self, shipment: models.Shipment) -> str:
        return _link(shipment.tracking_url, shipment.tracking_number)

    @admin.display(description="Return label")
    def return_label(self, shipment: models.Shipment) -> str:
        return _link(shipment.label_url, "open")

    @admin.action(description="Ask the carrier again now", permissions=["retry"])
    def retry_calls(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        open_calls = models.CarrierCall.objects.filter(shipment__in=shipments, state__in=("waiting", "refused"))
        self.retry(request, open_calls)

    def has_book_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shipping.book_shipment")  # type: ignore[union-attr]

    @admin.action(description="Picked up: book it by hand; give a reason", permissions=["book"])
    def picked_up(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.PICKED_UP)

    @admin.action(description="Delivered (a return: received): book it by hand; give a reason", permissions=["book"])
    def delivered(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.DELIVERED)

    @admin.action(description="Came back to its sender: book it by hand; give a reason", permissions=["book"])
    def returned(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.RETURNED)

    @admin.action(description="Lost: book it by hand; give a reason", permissions=["book"])
    def lost(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.LOST)

    @admin.action(description="Damaged: book it by hand; give a reason", permissions=["book"])
    def damaged(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.DAMAGED)

    @admin.action(description="Canceled by the carrier: book it by hand; give a reason", permissions=["book"])
    def canceled_by_carrier(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.CANCELED)

    def _book(self, request: HttpRequest, shipments: QuerySet[models.Shipment], status: TrackingStatus) -> None:
        why = request.POST.get("reason", "").strip()
        if not why:
            self.message_user(request, "Say why: write the reason beside the action.", messages.ERROR)
            return
        done = f"Booked by hand as {status.value.replace('_', ' ')}: {why}"
        for shipment in shipments:
            given = {"shipment_id": shipment.id, "status": status, "why": why}
            _attempt(self, request, shipment, done[:300], commands.record_by_hand, **given)


@admin.register(models.CarrierCall)
class CarrierCallAdmin(CarrierCallActions):
    list_display = ("shipment", "operation", "state", "attempts", "due_at", "finished_at", "error")
    list_filter = ("state", "operation")
    list_select_related = ("shipment",)
    search_fields = ("shipment__reference", "shipment__tracking_number", "error")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("retry_now",)

    @admin.action(description="Try again now", permissions=["retry"])
    def retry_now(self, request: HttpRequest, calls: QuerySet[models.CarrierCall]) -> None:
        self.retry(request, calls)


@admin.register(models.CarrierWebhook)
class CarrierWebhookAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "provider", "received_at", "processed_at", "attempts", "error")
    list_filter = ("provider", ("processed_at", admin.EmptyFieldListFilter))
    search_fields = ("event_id", "body")
    date_hierarchy = "received_at"
    ordering = ("-received_at",)
    actions = ("process",)

    def has_process_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shipping.change_carrierwebhook")  # type: ignore[union-attr]

    @admin.action(description="Take it up again now", permissions=["process"])
    def process(self, request: HttpRequest, webhooks: QuerySet[models.CarrierWebhook]) -> None:
        for webhook in webhooks:
            _attempt(self, request, webhook, "Taken up again", commands.resume_webhook, webhook_id=webhook.id)


class CountryInline(TabularInline):  # type: ignore[misc]
    model = models.ZoneCountry
    extra = 1


@admin.register(models.Zone)
class ZoneAdmin(ModelAdmin):
    list_display = ("name", "code")
    search_fields = ("name", "code", "countries__country")
    inlines = (CountryInline,)


@admin.register(models.CarrierService)
class CarrierServiceAdmin(ModelAdmin):
    list_display = ("name", "carrier", "code", "active")
    list_filter = ("carrier", "active")
    search_fields = ("name", "carrier", "code")


@admin.register(models.Rate)
class RateAdmin(ModelAdmin):
    """One row a band; prices are changed in the list, after choosing a table and a zone at the side."""

    list_display = ("zone", "service", "max_weight_grams", "price_amount", "currency", "delivery_days", "table")
    list_editable = ("price_amount", "delivery_days")
    list_filter = ("table", "zone", "service")
    list_select_related = ("zone", "service", "table")
    search_fields = ("zone__name", "service__name")
    ordering = ("-table__version", "zone", "service", "max_weight_grams")
    list_per_page = 50


@admin.register(models.RateTable)
class RateTableAdmin(ModelAdmin):
    list_display = ("version", "note", "valid_from", "rates")
    search_fields = ("note",)
    actions = ("copy_as_draft", "publish")

    @admin.display(description="rates")
    def rates(self, table: models.RateTable) -> str:
        return _link(f"{reverse('admin:shipping_rate_changelist')}?table__id__exact={table.id}", "show and change")

    @admin.action(description="Copy as a draft of the next version", permissions=["add"])
    def copy_as_draft(self, request: HttpRequest, tables: QuerySet[models.RateTable]) -> None:
        for table in tables:
            draft = commands.draft_rate_table(like=table.id)
            self.log_change(request, draft, f"Copied from {table}")
            self.message_user(request, f"Drafted {draft}.")

    @admin.action(description="Put in force now", permissions=["change"])
    def publish(self, request: HttpRequest, tables: QuerySet[models.RateTable]) -> None:
        for table in tables:
            _attempt(self, request, table, "Put in force", commands.publish_rate_table, table_id=table.id)


@admin.register(models.VariantWeight)
class VariantWeightAdmin(ReadOnlyAdmin):
    list_display = ("sku", "weight_grams", "active", "product_id")
    list_filter = ("active",)
    search_fields = ("sku", "product_id")


def _attempt(page: Any, request: HttpRequest, row: Any, done: str, command: Callable[..., Any], **given: Any) -> None:
    """Carry out, attribute, and say what happened."""
    try:
        command(**given, now=timezone.now())
    except DomainError as refusal:
        page.message_user(request, f"{row}: {refusal.message}", messages.WARNING)
        return
    page.log_change(request, row, done)
    page.message_user(request, f"{row}: {done}.")


def _link(url: str, text: str) -> str:
    return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', url, text) if url else "-"
