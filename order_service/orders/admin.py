"""What staff see: each order with its timeline. Actions call commands; every change is attributed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import TabularInline
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from chassis.admin import ReadOnlyAdmin
from chassis.core.errors import DomainError
from chassis.core.money import Money
from orders import commands
from orders.models import CartLine, CatalogProduct, CatalogVariant, Order, Return, ReturnLine, TimelineEntry

STATES = ("status", "customer_status", "payment", "fulfillment")
PRICES = ("subtotal", "shipping", "tax", "total", "refunded")
TIMERS = ("waiting_since", "ask_again_at", "due_at")
PARCEL_TIMES = ("confirmed_at", "dispatched_at", "delivered_at")


def _order(command: Callable[..., object]) -> Callable[..., object]:
    return lambda pk, **given: command(order_id=pk, **given)


def _return(command: Callable[..., object]) -> Callable[..., object]:
    return lambda pk, **given: command(return_id=pk, **given)


def money(field: str, title: str) -> Callable[[Any, Any], str]:
    """A column of an amount with its currency."""

    @admin.display(description=title, ordering=f"{field}_amount")
    def column(self: Any, row: Any) -> str:
        return str(Money(getattr(row, f"{field}_amount"), row.currency))

    return column


def may(request: HttpRequest, permission: str) -> bool:
    user: Any = request.user
    return bool(user.has_perm(f"orders.{permission}"))


class ReadOnlyInline(TabularInline):  # type: ignore[misc]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class Timeline(ReadOnlyInline):
    """Each step, message, attempt, compensation and staff action, in the order in which they came."""

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


class ReasonForm(ActionForm):  # type: ignore[misc]
    """Asks beside the action why it is done."""

    reason = forms.CharField(
        required=False,
        max_length=300,
        label="",
        widget=UnfoldAdminTextInputWidget({"placeholder": "Reason", "aria-label": "Reason"}),
    )


class CommandAdmin(ReadOnlyAdmin):
    """Actions that carry out a command for each selected row, and say what became of it."""

    action_form = ReasonForm

    def carry_out(
        self, request: HttpRequest, rows: QuerySet[Any], done: str, command: Callable[..., object], **given: Any
    ) -> None:
        """Call `command(row.pk, by=..., now=..., **given)`."""
        for row in rows:
            try:
                command(row.pk, by=str(request.user), now=timezone.now(), **given)
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal.message}", messages.ERROR)
            else:
                reason = given.get("why")
                self.log_change(request, row, f"{done}: {reason}" if reason else done)
                self.message_user(request, f"{row}: {done}.", messages.SUCCESS)

    def carry_out_with_reason(
        self, request: HttpRequest, rows: QuerySet[Any], done: str, command: Callable[..., object], **given: Any
    ) -> None:
        """The same, with the reason that was written beside the action; without one nothing is done."""
        why = request.POST.get("reason", "").strip()[:300]
        if not why:
            self.message_user(request, "Say why: write the reason beside the action.", messages.ERROR)
            return
        self.carry_out(request, rows, done, command, why=why, **given)


@admin.register(Order)
class OrderAdmin(CommandAdmin):
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
        ("Saga", {"fields": (("waiting_step", "waiting_undo", "asks"), TIMERS, "known", "correlation_id")}),
        ("Money", {"fields": (PRICES[:3], PRICES[3:], ("attempt", "pay_until", "refund_attempt"))}),
        ("Parcel", {"fields": ("address", ("carrier", "service", "parcel"), "tracking", PARCEL_TIMES)}),
    )
    subtotal, shipping, tax = money("subtotal", "subtotal"), money("shipping", "shipping"), money("tax", "tax")
    total, refunded = money("total", "total"), money("refunded", "refunded")

    @admin.display(description="bought")
    def bought(self, order: Order) -> str:
        rows = [(line["quantity"], line["name"], line["sku"], str(Money(**line["line_total"]))) for line in order.lines]
        return format_html_join(mark_safe("<br>"), "{} × {} ({}): {}", rows)

    @admin.display(description="waits for")
    def waits_for(self, order: Order) -> str:
        return f"undo {order.waiting_step}" if order.waiting_undo else order.waiting_step

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return may(request, "steer_order")

    @admin.action(description="Ask again now (resume the saga)", permissions=["steer"])
    def resume(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.carry_out(request, rows, "asked again", _order(commands.resume_order))

    @admin.action(description="Cancel and put back (compensate); give a reason", permissions=["steer"])
    def compensate(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.carry_out_with_reason(request, rows, "being canceled", _order(commands.compensate_order))

    @admin.action(description="Send again in another parcel; give a reason", permissions=["steer"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.carry_out_with_reason(request, rows, "being sent again", _order(commands.send_order_again))

    @admin.action(description="Parcel is back: refund and restock; give a reason", permissions=["steer"])
    def refund_and_restock(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        command = _order(commands.refund_parcel)
        self.carry_out_with_reason(request, rows, "refunded and restocked", command, restock=True)

    @admin.action(description="Parcel is lost: refund and write off; give a reason", permissions=["steer"])
    def refund_and_write_off(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        command = _order(commands.refund_parcel)
        self.carry_out_with_reason(request, rows, "refunded and written off", command, restock=False)

    @admin.action(description="Give up what the cancellation waits for; give a reason", permissions=["steer"])
    def give_up(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.carry_out_with_reason(request, rows, "no longer waited for", _order(commands.give_up_waiting))

    @admin.action(description="Clear “needs attention”; give a reason", permissions=["steer"])
    def dismiss(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        self.carry_out_with_reason(request, rows, "looked at", _order(commands.dismiss_attention))


@admin.register(Return)
class ReturnAdmin(CommandAdmin):
    list_display = ("number", "status", "refund", "reason", "requested_at", "updated_at")
    list_filter = ("status",)
    search_fields = ("number", "id", "customer_id", "lines__sku")
    date_hierarchy = "requested_at"
    inlines = (ReturnLines,)
    actions = ("approve", "reject", "receive", "write_off", "resume", "settle")
    show_full_result_count = False
    refund = money("refund", "refund")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may(request, "decide_return")

    @admin.action(description="Approve", permissions=["decide"])
    def approve(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.carry_out(request, rows, "approved", _return(commands.approve_return))

    @admin.action(description="Reject; give a reason, which the customer reads", permissions=["decide"])
    def reject(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.carry_out_with_reason(request, rows, "rejected", _return(commands.reject_return))

    @admin.action(description="Parcel is here: refund and restock; give a reason", permissions=["decide"])
    def receive(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.carry_out_with_reason(request, rows, "booked in", _return(commands.receive_return), restock=True)

    @admin.action(description="Refund without restock (damaged, lost); give a reason", permissions=["decide"])
    def write_off(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.carry_out_with_reason(request, rows, "written off", _return(commands.receive_return), restock=False)

    @admin.action(description="Ask again now", permissions=["decide"])
    def resume(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.carry_out(request, rows, "asked again", _return(commands.resume_return))

    @admin.action(description="Refund was made another way; give a reason", permissions=["decide"])
    def settle(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        self.carry_out_with_reason(request, rows, "settled by hand", _return(commands.settle_return))


@admin.register(CartLine)
class CartLineAdmin(ReadOnlyAdmin):
    list_display = ("customer_id", "sku", "quantity", "added_at")
    search_fields = ("customer_id", "sku")
    date_hierarchy = "added_at"


@admin.register(CatalogProduct)
class CatalogProductAdmin(ReadOnlyAdmin):
    """Our copy; products are edited in the product service."""

    list_display = ("name", "slug", "active", "version")
    search_fields = ("name", "slug")
    list_filter = ("active",)


@admin.register(CatalogVariant)
class CatalogVariantAdmin(ReadOnlyAdmin):
    list_display = ("sku", "name", "price", "active")
    search_fields = ("sku", "name")
    list_filter = ("active",)
    price = money("price", "price")
