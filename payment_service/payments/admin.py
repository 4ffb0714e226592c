"""Staff see everything and change nothing by hand; refunds and closed mismatches go through commands."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.validators import MinValueValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from chassis.admin import ReadOnlyAdmin
from chassis.errors import DomainError
from chassis.money import Money
from payments import commands
from payments.models import Mismatch, OrderAccount, Payment, PaymentEvent, ProviderCall, Refund, WebhookEvent


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
    fields = readonly_fields = ("created_at", "money", "status", "reason", "requested_by", "message")
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


class RefundForm(forms.ModelForm):  # type: ignore[type-arg]
    """Amount in major units, as people say it. The command has the last word on what can be refunded."""

    sum = forms.DecimalField(
        label="Amount",
        max_digits=16,
        validators=[MinValueValidator(0)],
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="For example 12.50, in the payment's currency.",
    )
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget, help_text="The customer may see it.")

    class Meta:
        model = Refund
        fields = ("payment", "reason")

    def clean(self) -> dict[str, Any]:
        """Begin the refund here, where a refusal can still be shown beside the fields."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        payment: Payment = cleaned["payment"]
        try:
            self.made = commands.request_refund(
                payment_id=payment.id,
                amount=Money.parse(cleaned["sum"], payment.currency),
                reason=cleaned["reason"],
                requested_by=self.staff,
                now=timezone.now(),
            )
        except DomainError as error:
            raise forms.ValidationError(error.message) from error
        return cleaned

    staff = ""


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Add one: the provider is asked at once, and the order service is told."""

    form = RefundForm
    list_display = ("id", "payment", "money", "status", "reason", "requested_by", "created_at")
    list_filter = ("status", ("requested_by", admin.EmptyFieldListFilter))
    list_select_related = ("payment",)
    search_fields = ("id", "payment__number", "payment__order_id", "reason", "requested_by")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    autocomplete_fields = ("payment",)

    @display(description="amount", ordering="amount")  # type: ignore[untyped-decorator]
    def money(self, row: Refund) -> str:
        return money(row.amount, row)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm("payments.add_refund"))  # type: ignore[union-attr]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return super().get_fields(request, obj) if obj else ("payment", "sum", "reason")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **{**kwargs, "form": forms.ModelForm})
        made = super().get_form(request, obj, change, **kwargs)
        made.staff = str(request.user)[:254]
        return made

    def save_form(self, request: HttpRequest, form: RefundForm, change: bool) -> Refund:
        """The command has stored it already."""
        return Refund.objects.get(id=form.made)

    def save_model(self, request: HttpRequest, obj: Refund, form: Any, change: bool) -> None:
        """Nothing more to save."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing more to save."""


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnlyAdmin):
    """What is to be done, is in doubt, or was done at the provider."""

    list_display = ("operation", "payment", "status", "attempts", "due_at", "sent_at", "error")
    list_filter = ("status", "operation")
    list_select_related = ("payment",)
    search_fields = ("payment__number", "subject", "correlation_id", "idempotency_key")
    ordering = ("-created_at",)


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


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ("type", "provider", "provider_id", "received_at", "processed_at", "attempts", "outcome")
    list_filter = ("provider", "type", ("processed_at", admin.EmptyFieldListFilter))
    search_fields = ("event_id", "provider_id", "reference")
    ordering = ("-received_at",)


@admin.register(Mismatch)
class MismatchAdmin(ReadOnlyAdmin):
    """Where our books and the provider's differ."""

    list_display = ("kind", "payment", "provider_id", "ours", "theirs", "found_at", "resolved_at", "resolved_by")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "kind", "provider")
    list_select_related = ("payment",)
    search_fields = ("provider_id", "payment__number", "payment__order_id")
    ordering = ("-found_at",)
    actions = ("resolve",)

    @admin.action(description="Dealt with: close", permissions=["resolve"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Mismatch]) -> None:
        for row in queryset.filter(resolved_at=None):
            commands.resolve_mismatch(mismatch_id=row.id, by=str(request.user), now=timezone.now())
            self.log_change(request, row, "dealt with")
        self.message_user(request, "Closed. It opens again if the figures change.", messages.SUCCESS)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("payments.change_mismatch"))  # type: ignore[union-attr]


@admin.register(OrderAccount)
class OrderAccountAdmin(ReadOnlyAdmin):
    """Orders with payments: whether money is still wanted for them."""

    list_display = ("order_id", "closed_at", "voided_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    search_fields = ("order_id",)
    ordering = ("-closed_at",)
