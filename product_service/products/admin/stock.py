from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline

from chassis.admin import ModelAdmin, ReadOnlyAdmin
from chassis.errors import DomainError
from products import commands
from products.admin.forms import StockForm
from products.models import Reservation, ReservationLine, Restock, StockItem, StockMovement

LOW = 5


class Availability(admin.SimpleListFilter):
    title = "availability"
    parameter_name = "available"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "Sold out"), ("low", f"{LOW} or fewer"), ("held", "Held for orders"), ("sold", "To be sent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> QuerySet[StockItem]:
        conditions: dict[str | None, dict[str, Any]] = {
            "none": {"on_hand": F("reserved") + F("allocated")},
            "low": {"on_hand__lte": F("reserved") + F("allocated") + LOW},
            "held": {"reserved__gt": 0},
            "sold": {"allocated__gt": 0},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


@admin.register(StockItem)
class StockItemAdmin(ModelAdmin):
    """Open an item to correct it: by how many units, and why."""

    form = StockForm
    list_display = ("sku", "product", "on_hand", "reserved", "allocated", "available")
    list_filter = (Availability, "product__category")
    list_select_related = ("product",)
    search_fields = ("sku", "product__name")
    fields = ("sku", "product", "on_hand", "reserved", "allocated", "available", "delta", "note")
    readonly_fields = ("sku", "product", "on_hand", "reserved", "allocated", "available")

    @admin.display(description="Free")
    def available(self, item: StockItem) -> int:
        return item.on_hand - item.reserved - item.allocated

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: StockItem, form: StockForm, change: bool) -> None:
        delta, note = form.cleaned_data["delta"], form.cleaned_data["note"]
        actor = request.user.get_username()
        try:
            commands.adjust_stock(units={obj.sku: delta}, note=note, actor=actor, now=timezone.now())
        except DomainError as error:
            self.message_user(request, f"Nothing was changed: {error.message}", messages.ERROR)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        return f"adjusted by {form.cleaned_data['delta']}: {form.cleaned_data['note']}"


class ReservationLineInline(TabularInline):
    model = ReservationLine
    fields = readonly_fields = ("sku", "quantity", "restocked")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("order_id", "status", "reserved_until", "created_at", "updated_at")
    list_filter = ("status",)
    search_fields = ("order_id", "lines__sku")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines = (ReservationLineInline,)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger. It is only ever added to."""

    list_display = ("created_at", "sku", "quantity", "source", "target", "reason", "order_id", "actor", "note")
    list_filter = ("reason", "source", "target")
    search_fields = ("sku", "order_id", "return_id", "actor", "note")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")


@admin.register(Restock)
class RestockAdmin(ReadOnlyAdmin):
    list_display = ("id", "order_id", "created_at")
    search_fields = ("id", "order_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
