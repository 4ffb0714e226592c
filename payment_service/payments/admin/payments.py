"""Orders with payments, the payments, and their ledger."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import TabularInline
from unfold.decorators import action, display

from chassis.admin import ReadOnlyAdmin
from chassis.core.money import Money
from payments.models import OrderAccount, Payment, PaymentEvent, ProviderCall, Refund


def money(amount: int, row: Any) -> str:
    return str(Money(amount, row.currency))


class ReadOnlyInline(TabularInline):  # type: ignore[misc]
    extra = 0
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @display(description="amount")  # type: ignore[untyped-decorator]
    def money(self, row: Any) -> str:
        return money(row.amount, row)


class LedgerInline(ReadOnlyInline):
    model = PaymentEvent
    fields = readonly_fields = ("at", "kind", "outcome", "money", "code", "message")
    ordering = ("at", "id")
    verbose_name_plural = "ledger"


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = readonly_fields = ("created_at", "money", "status", "attempt", "reason", "requested_by", "message")
    ordering = ("created_at",)


class CallInline(ReadOnlyInline):
    model = ProviderCall
    fields = readonly_fields = ("created_at", "operation", "money", "status", "attempts", "due_at", "error")
    ordering = ("created_at",)
    verbose_name_plural = "calls to the provider"


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("number", "attempt", "state", "money", "captured", "refunded", "provider", "created_at")
    list_filter = ("status", "provider", "currency")
    search_fields = ("number", "order_id", "customer_id", "provider_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    exclude = ("method",)
    inlines = (LedgerInline, RefundInline, CallInline)
    actions_detail = ("refund",)

    @display(  # type: ignore[untyped-decorator]
        description="status",
        ordering="status",
        label={
            "captured": "success", "authorized": "info", "action_required": "warning", "unknown": "danger",
            "failed": "danger", "capture_failed": "danger",
        },
    )  # fmt: skip
    def state(self, row: Payment) -> str:
        return row.status  # type: ignore[no-any-return]

    @display(description="amount", ordering="amount")  # type: ignore[untyped-decorator]
    def money(self, row: Payment) -> str:
        return money(row.amount, row)

    @display(description="captured", ordering="captured_amount")  # type: ignore[untyped-decorator]
    def captured(self, row: Payment) -> str:
        return money(row.captured_amount, row)

    @display(description="refunded", ordering="refunded_amount")  # type: ignore[untyped-decorator]
    def refunded(self, row: Payment) -> str:
        return money(row.refunded_amount, row)

    @action(description="Refund ...", url_path="refund", permissions=["refund"])  # type: ignore[untyped-decorator]
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        return HttpResponseRedirect(f"{reverse('admin:payments_refund_add')}?payment={object_id}")

    def has_refund_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.add_refund"))  # type: ignore[union-attr]


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "payment", "kind", "outcome", "money", "code")
    list_filter = ("kind", "outcome")
    list_select_related = ("payment",)
    search_fields = ("payment__number", "payment__order_id", "code")
    date_hierarchy = "at"
    ordering = ("-at", "-id")

    @display(description="amount", ordering="amount")  # type: ignore[untyped-decorator]
    def money(self, row: PaymentEvent) -> str:
        return money(row.amount, row)


@admin.register(OrderAccount)
class OrderAccountAdmin(ReadOnlyAdmin):
    """Orders with payments: whether money is still wanted for them."""

    list_display = ("order_id", "closed_at", "voided_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    search_fields = ("order_id",)
    ordering = ("-closed_at",)
