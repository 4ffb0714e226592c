"""Shipments, calls to the carrier, webhooks and rates."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.forms import ActionForm

from chassis.admin import ModelAdmin, ReadOnlyAdmin, ReadOnlyInline, badge_column, permitted, reason_field
from chassis.work.admin import WorkAdmin
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


class TimelineInline(ReadOnlyInline):
    model = models.TrackingEvent
    verbose_name_plural = "timeline"
    fields = ("occurred_at", "status", "description", "location", "recorded_at")


class CallInline(ReadOnlyInline):
    model = models.CarrierCall
    fields = ("operation", "state", "attempts", "due_at", "finished_at", "error")


class BookingForm(ActionForm):
    reason = reason_field("Reason, which the customer may read", longest=200)


@admin.register(models.Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ("reference", "number", "colored_status", "carrier", "service", "tracking_number", "created_at")
    list_filter = ("status", "direction", "carrier", "service")
    search_fields = ("reference", "tracking_number", "number", "order_id", "customer_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines = (TimelineInline, CallInline)
    action_form = BookingForm
    actions = ("retry_calls", "picked_up", "delivered", "returned", "lost", "damaged", "canceled_by_carrier")
    exclude = ("tracking_url", "label_url")
    readonly_fields = ("tracking_page", "return_label")

    colored_status = badge_column("status", STATUS_COLORS)

    @admin.display(description="Carrier's tracking page")
    def tracking_page(self, shipment: models.Shipment) -> str:
        return _link(shipment.tracking_url, shipment.tracking_number)

    @admin.display(description="Return label")
    def return_label(self, shipment: models.Shipment) -> str:
        return _link(shipment.label_url, "open")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "shipping.change_carriercall")

    @admin.action(description="Call the carrier again now", permissions=["retry"])
    def retry_calls(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        open_calls = models.CarrierCall.objects.filter(shipment__in=shipments, state__in=("waiting", "refused"))
        _retry(self, request, open_calls)

    def has_book_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "shipping.book_shipment")

    @admin.action(description="Record as picked up (reason required)", permissions=["book"])
    def picked_up(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.PICKED_UP)

    @admin.action(description="Record as delivered; a return: as received (reason required)", permissions=["book"])
    def delivered(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.DELIVERED)

    @admin.action(description="Record as returned to the sender (reason required)", permissions=["book"])
    def returned(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.RETURNED)

    @admin.action(description="Record as lost (reason required)", permissions=["book"])
    def lost(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.LOST)

    @admin.action(description="Record as damaged (reason required)", permissions=["book"])
    def damaged(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.DAMAGED)

    @admin.action(description="Record as canceled by the carrier (reason required)", permissions=["book"])
    def canceled_by_carrier(self, request: HttpRequest, shipments: QuerySet[models.Shipment]) -> None:
        self._book(request, shipments, TrackingStatus.CANCELED)

    def _book(self, request: HttpRequest, shipments: QuerySet[models.Shipment], status: TrackingStatus) -> None:
        if why := self.reason_given(request):
            self.run_for_each(
                request,
                shipments,
                lambda shipment: commands.record_manually(
                    shipment_id=shipment.id, status=status, reason=why, now=timezone.now()
                ),
                done=f"recorded as {status.value.replace('_', ' ')}",
                reason=why,
            )


@admin.register(models.CarrierCall)
class CarrierCallAdmin(WorkAdmin):
    """Calls to the carrier. One that is given up ends as refused, once the carrier shows no label."""

    list_display = ("shipment", "operation", "state", "attempts", "due_at", "finished_at", "stopped_at", "error")
    list_filter = ("state", "operation")
    list_select_related = ("shipment",)
    search_fields = ("shipment__reference", "shipment__tracking_number", "error")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    action_form = BookingForm

    @admin.action(description="Try again now, also what was refused", permissions=["try_again"])
    def try_again(self, request: HttpRequest, items: QuerySet[models.CarrierCall]) -> None:
        _retry(self, request, items)

    @admin.action(description="Give up, unless it was done after all (reason required)", permissions=["give_up"])
    def give_up(self, request: HttpRequest, items: QuerySet[models.CarrierCall]) -> None:
        if why := self.reason_given(request):
            self.run_for_each(
                request,
                items,
                lambda call: commands.give_up_call(call_id=call.id, reason=why, now=timezone.now()),
                done="given up; it ends once the carrier shows no label",
                reason=why,
            )


@admin.register(models.TrackingPoll)
class TrackingPollAdmin(WorkAdmin):
    """The next poll for each parcel under way. After *give up*, only webhooks and staff record its progress."""

    list_display = ("shipment", "progress", "due_at", "quiet", "attempts", "error")
    list_select_related = ("shipment",)
    search_fields = ("shipment__reference", "shipment__tracking_number", "error")
    ordering = ("due_at",)


@admin.register(models.CarrierWebhook)
class CarrierWebhookAdmin(WorkAdmin):
    list_display = ("event_id", "provider", "received_at", *WorkAdmin.list_display)
    list_filter = ("provider", *WorkAdmin.list_filter)
    search_fields = ("event_id", "body")
    date_hierarchy = "received_at"
    ordering = ("-received_at",)


class CountryInline(TabularInline):
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
    """One row per weight band. Edit prices in the list, after filtering by table and zone."""

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
        self.run_for_each(
            request,
            tables,
            lambda table: commands.publish_rate_table(table_id=table.id, now=timezone.now()),
            done="in force",
        )


@admin.register(models.VariantWeight)
class VariantWeightAdmin(ReadOnlyAdmin):
    list_display = ("sku", "weight_grams", "active", "product_id")
    list_filter = ("active",)
    search_fields = ("sku", "product_id")


def _retry(page: ModelAdmin, request: HttpRequest, calls: QuerySet[models.CarrierCall]) -> None:
    page.run_for_each(
        request,
        calls,
        lambda call: commands.retry_call(call_id=call.id, now=timezone.now()),
        done="sent to the carrier again",
    )


def _link(url: str, text: str) -> str:
    return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', url, text) if url else "-"
