"""Stock items, reservations and the ledger of stock movements."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action

from chassis.admin import ModelAdmin, ReadOnlyAdmin, ReadOnlyInline, actor, permitted
from chassis.core.errors import DomainError
from products import commands
from products.admin.forms import RepairForm, StockForm
from products.domain.reservation import ReservationStatus
from products.models import LOW, Reservation, ReservationLine, Restock, StockItem, StockMovement, StockRepair

_FEW_LEFT = {"on_hand__lte": F("reserved") + F("allocated") + LOW}


class Availability(admin.SimpleListFilter):
    title = "availability"
    parameter_name = "available"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "Sold out"), ("low", f"{LOW} or fewer"), ("held", "Held for orders"), ("sold", "To be sent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> QuerySet[StockItem]:
        conditions: dict[str | None, dict[str, Any]] = {
            "none": {**_FEW_LEFT, "on_hand": F("reserved") + F("allocated")},
            "low": _FEW_LEFT,
            "held": {"reserved__gt": 0},
            "sold": {"allocated__gt": 0},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


@admin.register(StockItem)
class StockItemAdmin(ModelAdmin):
    """Stock of each SKU. Open an item to correct it by a number of units, with a reason."""

    form = StockForm
    list_display = ("sku", "product", "on_hand", "reserved", "allocated", "available")
    list_filter = (Availability, "product__category")
    list_select_related = ("product",)
    search_fields = ("sku", "product__name")
    fields = ("sku", "product", "on_hand", "reserved", "allocated", "available", "delta", "note")
    readonly_fields = ("sku", "product", "on_hand", "reserved", "allocated", "available")
    actions_detail = ("mend",)

    @admin.display(description="Free")
    def available(self, item: StockItem) -> int:
        return item.on_hand - item.reserved - item.allocated

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: StockItem, form: StockForm, change: bool) -> None:
        delta, note = form.cleaned_data["delta"], form.cleaned_data["note"]
        try:
            commands.adjust_stock(units={obj.sku: delta}, note=note, actor=actor(request), now=timezone.now())
        except DomainError as error:
            self.message_user(request, f"Nothing was changed: {error.message}", messages.ERROR)

    @action(
        description="Repair",
        permissions=["mend"],
        dialog={
            "title": "Repair this SKU?",
            "description": "Counters and ledger are set to the units held by orders and the ledger's stock on hand.",
            "form_class": RepairForm,
            "form_submit_text": "Repair",
        },
    )
    def mend(self, request: HttpRequest, form: RepairForm, object_id: str) -> HttpResponse:
        item = self.get_object(request, object_id)
        if not isinstance(item, StockItem):
            raise Http404
        note = form.cleaned_data["note"]
        try:
            commands.mend_stock(sku=item.sku, note=note, actor=actor(request), now=timezone.now())
            self.log_change(request, item, f"repaired: {note}")
        except DomainError as error:
            self.message_user(request, f"Nothing was changed: {error.message}", messages.ERROR)
        return HttpResponse(headers={"HX-Redirect": reverse("admin:products_stockitem_change", args=[item.pk])})

    def has_mend_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return permitted(request, "products.mend_stockitem")

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        return f"adjusted by {form.cleaned_data['delta']}: {form.cleaned_data['note']}"


class ReservationLineInline(ReadOnlyInline):
    model = ReservationLine
    fields = readonly_fields = ("sku", "quantity", "restocked")


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("order_id", "status", "reserved_until", "created_at", "updated_at")
    list_filter = ("status",)
    search_fields = ("order_id", "lines__sku")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    inlines = (ReservationLineInline,)
    actions = ("parcel_has_left",)

    @admin.action(description="Record as dispatched: remove the units from stock", permissions=["dispatch"])
    def parcel_has_left(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> None:
        """Dispatch the units of an order whose message is missing."""
        self.run_for_each(
            request,
            queryset.filter(status=ReservationStatus.ALLOCATED),
            lambda row: commands.dispatch_stock(order_id=row.order_id, now=timezone.now()),
            done="recorded as dispatched",
        )

    def has_dispatch_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return permitted(request, "products.dispatch_reservation")


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger of stock movements; append-only."""

    list_display = ("created_at", "sku", "quantity", "source", "target", "reason", "order_id", "actor", "note")
    list_filter = ("reason", "source", "target")
    search_fields = ("sku", "order_id", "return_id", "actor", "note")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")


@admin.register(StockRepair)
class StockRepairAdmin(ReadOnlyAdmin):
    """Repairs of differences between counters and ledger. Empty on a healthy system."""

    list_display = ("created_at", "sku", "was", "became", "actor", "note")
    search_fields = ("sku", "actor", "note")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(Restock)
class RestockAdmin(ReadOnlyAdmin):
    list_display = ("id", "order_id", "created_at")
    search_fields = ("id", "order_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
