"""Orders with their timeline, returns and carts. Actions call commands; every change is attributed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from chassis.admin import ReadOnlyAdmin, ReadOnlyInline, ReasonForm, actor, money_column, permitted
from chassis.core.money import Money
from orders import commands
from orders.models import CartLine, CatalogProduct, CatalogVariant, Order, Return, ReturnLine, TimelineEntry

STATES = ("status", "customer_status", "payment", "fulfillment")
PRICES = ("subtotal", "shipping", "tax", "total", "refunded")
TIMERS = ("waiting_since", "ask_again_at", "due_at")
PARCEL_TIMES = ("confirmed_at", "dispatched_at", "delivered_at")


class Timeline(ReadOnlyInline):
    """Steps, messages, attempts, compensations and staff actions, oldest first."""

    model = TimelineEntry
    fields = ("moment", "kind", "name", "detail", "told", "sequence", "message_id")
    readonly_fields = ("moment",)
    ordering = ("id",)
    hide_title = True

    @admin.display(description="at")
    def moment(self, entry: TimelineEntry) -> str:
        return f"{timezone.localtime(entry.at):%d %b, %H:%M:%S}"


class ReturnLines(ReadOnlyInline):
    model = ReturnLine
    fields = ("sku", "name", "quantity")


class CommandAdmin(ReadOnlyAdmin):
    """Actions that call a command of orders for each selected row."""

    action_form = ReasonForm
    #: The argument of the commands that identifies the row.
    row_argument = ""

    def run(
        self, request: HttpRequest, rows: QuerySet[Any], done: str, command: Callable[..., object], **arguments: Any
    ) -> None:
        def call(row: Any) -> object:
            identity = {self.row_argument: row.pk}
            return command(**identity, by=actor(request), now=timezone.now(), **arguments)

        self.run_for_each(request, rows, call, done=done, reason=arguments.get("why", ""))

    def run_with_reason(
        self, request: HttpRequest, rows: QuerySet[Any], done: str, command: Callable[..., object], **arguments: Any
    ) -> None:
        if why := self.reason_given(request):
            self.run(request, rows, done, command, why=why, **arguments)


@admin.register(Order)
class OrderAdmin(CommandAdmin):
    row_argument = "order_id"
    list_display = (
        "number",
        "status",
        "payment",
        "fulfillment",
        "total",
        "units",
        "waits_for",
        "attention",
        "placed_at",
    )
    list_filter = (
        ("attention", admin.EmptyFieldListFilter),
        "status",
        "payment",
        "fulfillment",
        "customer_status",
        "cancel_reason",
    )
    search_fields = ("number", "id", "customer_id", "correlation_id", "lines")
    also_shown = ("lines",)
    date_hierarchy = "placed_at"
    ordering = ("-placed_at", "-id")
    inlines = (Timeline,)
    actions = (
        "resume",
        "compensate",
        "send_again",
        "release",
        "refund_and_restock",
        "refund_and_write_off",
        "give_up",
        "dismiss",
    )
    show_full_result_count = False
    readonly_fields = (*PRICES, "bought")
    fieldsets = (
        (None, {"fields": ("number", "customer_id", "placed_at", "bought", "message", "attention")}),
        ("State", {"fields": (STATES[:2], STATES[2:], "cancel_reason", "shortages")}),
        ("Checkout saga", {"fields": (("waiting_step", "waiting_undo", "asks"), TIMERS, "known", "correlation_id")}),
        ("Money", {"fields": (PRICES[:3], PRICES[3:], ("attempt", "pay_until", "refund_attempt"))}),
        ("Parcel", {"fields": ("address", ("carrier", "service", "parcel"), "tracking", PARCEL_TIMES)}),
    )
    subtotal = money_column("subtotal_amount", "subtotal")
    shipping = money_column("shipping_amount", "shipping")
    tax = money_column("tax_amount", "tax")
    total = money_column("total_amount", "total")
    refunded = money_column("refunded_amount", "refunded")

    @admin.display(description="bought")
    def bought(self, order: Order) -> str:
        rows = [(line["quantity"], line["name"], line["sku"], str(Money(**line["line_total"]))) for line in order.lines]
        return format_html_join(mark_safe("<br>"), "{} × {} ({}): {}", rows)

    @admin.display(description="waits for")
    def waits_for(self, order: Order) -> str:
        return f"undo {order.waiting_step}" if order.waiting_undo else order.waiting_step

    def has_release_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "orders.release_order")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "orders.steer_order")

    @admin.action(description="Resume the saga: send the pending command again", permissions=["steer"])
    def resume(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.run(request, rows, "resumed", commands.resume_order)

    @admin.action(description="Cancel and compensate (reason required)", permissions=["steer"])
    def compensate(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.run_with_reason(request, rows, "being canceled", commands.compensate_order)

    @admin.action(description="Send again in another parcel (reason required)", permissions=["steer"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.run_with_reason(request, rows, "being sent again", commands.send_order_again)

    @admin.action(description="Send although the payment is disputed (reason required)", permissions=["release"])
    def release(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.run_with_reason(request, rows, "being sent", commands.release_order)

    @admin.action(description="Parcel came back: refund and restock (reason required)", permissions=["steer"])
    def refund_and_restock(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        command = commands.refund_parcel
        self.run_with_reason(request, rows, "refunded and restocked", command, restock=True)

    @admin.action(description="Parcel is lost: refund and write off (reason required)", permissions=["steer"])
    def refund_and_write_off(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        command = commands.refund_parcel
        self.run_with_reason(request, rows, "refunded and written off", command, restock=False)

    @admin.action(description="Stop waiting for the pending compensation (reason required)", permissions=["steer"])
    def give_up(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.run_with_reason(request, rows, "compensation skipped", commands.give_up_waiting)

    @admin.action(description="Clear “needs attention” (reason required)", permissions=["steer"])
    def dismiss(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.run_with_reason(request, rows, "attention cleared", commands.dismiss_attention)


@admin.register(Return)
class ReturnAdmin(CommandAdmin):
    row_argument = "return_id"
    list_display = ("number", "status", "refund", "reason", "requested_at", "updated_at")
    list_filter = ("status",)
    search_fields = ("number", "id", "customer_id", "lines__sku")
    date_hierarchy = "requested_at"
    inlines = (ReturnLines,)
    actions = ("approve", "reject", "receive", "write_off", "resume", "settle")
    show_full_result_count = False
    refund = money_column("refund_amount", "refund")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "orders.decide_return")

    @admin.action(description="Approve", permissions=["decide"])
    def approve(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.run(request, rows, "approved", commands.approve_return)

    @admin.action(description="Reject (reason required; the customer reads it)", permissions=["decide"])
    def reject(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.run_with_reason(request, rows, "rejected", commands.reject_return)

    @admin.action(description="Parcel received: refund and restock (reason required)", permissions=["decide"])
    def receive(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.run_with_reason(request, rows, "received", commands.receive_return, restock=True)

    @admin.action(description="Refund without restock: damaged or lost (reason required)", permissions=["decide"])
    def write_off(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.run_with_reason(request, rows, "written off", commands.receive_return, restock=False)

    @admin.action(description="Resume: send the pending command again", permissions=["decide"])
    def resume(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.run(request, rows, "resumed", commands.resume_return)

    @admin.action(description="Mark as refunded another way (reason required)", permissions=["decide"])
    def settle(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.run_with_reason(request, rows, "settled", commands.settle_return)


@admin.register(CartLine)
class CartLineAdmin(ReadOnlyAdmin):
    list_display = ("customer_id", "sku", "quantity", "added_at")
    search_fields = ("customer_id", "sku")
    date_hierarchy = "added_at"


@admin.register(CatalogProduct)
class CatalogProductAdmin(ReadOnlyAdmin):
    """The local copy. Products are edited in the product service."""

    list_display = ("name", "slug", "active", "version")
    search_fields = ("name", "slug")
    list_filter = ("active",)


@admin.register(CatalogVariant)
class CatalogVariantAdmin(ReadOnlyAdmin):
    list_display = ("sku", "name", "price", "active")
    search_fields = ("sku", "name")
    list_filter = ("active",)
    price = money_column("price_amount", "price")
