"""Payments, their ledger, and the orders they belong to."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import action

from chassis.admin import ReadOnlyAdmin, ReadOnlyInline, ReasonForm, actor, badge_column, money_column, permitted
from chassis.core.money import Money
from payments import commands, queries, work
from payments.models import Dispute, OrderAccount, Payment, PaymentEvent, ProviderCall, Refund

STATUS_COLORS = {
    "captured": "success",
    "authorized": "info",
    "action_required": "warning",
    "unknown": "danger",
    "failed": "danger",
    "capture_failed": "danger",
}


class LedgerInline(ReadOnlyInline):
    tab = True
    model = PaymentEvent
    fields = readonly_fields = ("at", "kind", "outcome", "money", "code", "message", "actor")
    ordering = ("at", "id")
    verbose_name_plural = "ledger"
    money = money_column("amount", "amount")


class RefundInline(ReadOnlyInline):
    tab = True
    model = Refund
    fields = readonly_fields = ("created_at", "money", "status", "attempt", "reason", "requested_by", "message")
    ordering = ("created_at",)
    money = money_column("amount", "amount")


class DisputeInline(ReadOnlyInline):
    tab = True
    model = Dispute
    fields = readonly_fields = ("provider_id", "money", "status", "reason", "respond_by", "taken")
    ordering = ("created_at",)
    money = money_column("amount", "amount")
    taken = money_column("taken_amount", "taken")


class CallInline(ReadOnlyInline):
    tab = True
    model = ProviderCall
    fields = readonly_fields = (
        "created_at",
        "operation",
        "money",
        "status",
        "attempts",
        "due_at",
        "stopped_by",
        "error",
    )
    ordering = ("created_at",)
    verbose_name_plural = "calls to the provider"
    money = money_column("amount", "amount")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("number", "attempt", "state", "money", "captured", "refunded", "provider", "created_at")
    list_filter = ("status", "provider", "currency")
    search_fields = ("number", "order_id", "customer_id", "provider_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    exclude = ("method",)
    readonly_fields = ("of_order",)
    inlines = (LedgerInline, RefundInline, DisputeInline, CallInline)
    actions = ("look_up", "capture", "void", "book_receipt")
    actions_detail = ("refund",)
    action_form = ReasonForm

    state = badge_column("status", STATUS_COLORS)
    money = money_column("amount", "amount")
    captured = money_column("captured_amount", "captured")
    refunded = money_column("refunded_amount", "refunded")

    @action(description="Refund ...", url_path="refund", permissions=["refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        return HttpResponseRedirect(f"{reverse('admin:payments_refund_add')}?payment={object_id}")

    @admin.display(description="The order's money")
    def of_order(self, row: Payment) -> str:
        path = reverse("admin:payments_orderaccount_change", args=[row.order_id])
        return format_html('<a href="{}">in sentences</a>', path)

    @admin.action(description="Book the money as received, in full (note required)", permissions=["book"])
    def book_receipt(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """For payments by bank transfer or in cash; the note says where the money was seen."""
        if note := self.reason_given(request):

            def book(row: Payment) -> object:
                amount = Money(row.amount, row.currency)
                return commands.book_receipt(payment_id=row.id, amount=amount, by=actor(request), now=timezone.now())

            self.run_for_each(request, queryset, book, done="the money was booked as received", reason=note)

    @admin.action(description="Collect the money that is held", permissions=["capture"])
    def capture(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        def capture(row: Payment) -> object:
            return commands.capture_held_payment(payment_id=row.id, by=actor(request), now=timezone.now())

        self.run_for_each(request, queryset, capture, done="being collected")

    @admin.action(description="Release the money and end the order's payments (reason required)", permissions=["void"])
    def void(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        if reason := self.reason_given(request):

            def release(row: Payment) -> object:
                return commands.release_held_payment(payment_id=row.id, by=actor(request), now=timezone.now())

            self.run_for_each(request, queryset, release, done="being released", reason=reason)

    @admin.action(description="Look it up at the provider now", permissions=["look_up"])
    def look_up(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        self.run_for_each(request, queryset, lambda row: work.look_up_now(row.id), done="looked up at the provider")

    def has_capture_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "payments.capture_payment")

    def has_void_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "payments.void_payment")

    def has_look_up_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "payments.look_up_payment")

    def has_book_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "payments.book_payment")

    def has_refund_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return permitted(request, "payments.add_refund")


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "payment", "kind", "outcome", "money", "code")
    list_filter = ("kind", "outcome")
    list_select_related = ("payment",)
    search_fields = ("payment__number", "payment__order_id", "code")
    date_hierarchy = "at"
    ordering = ("-at", "-id")
    money = money_column("amount", "amount")


@admin.register(OrderAccount)
class OrderAccountAdmin(ReadOnlyAdmin):
    """Orders with payments, whether they accept further charges, and the story of their money."""

    readonly_fields = ("story",)

    list_display = ("order_id", "closed_at", "voided_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    search_fields = ("order_id",)
    ordering = ("-closed_at",)

    @admin.display(description="The story of its money")
    def story(self, row: OrderAccount) -> str:
        return (
            format_html_join(mark_safe("<br>"), "{}", ((line,) for line in queries.statement_of(row.order_id))) or "-"
        )
