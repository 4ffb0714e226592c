"""Refunds by staff: the form that begins one, and what became of each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.validators import MinValueValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget
from uuid_utils.compat import uuid7

from chassis.admin import ReadOnlyAdmin
from chassis.core.errors import DomainError
from chassis.core.money import AmountNotReadable, Money
from payments import commands
from payments.admin.payments import money
from payments.models import Refund


class RefundForm(forms.ModelForm):  # type: ignore[type-arg]
    """Amount in major units, as people say it. The command has the last word on what can be refunded."""

    #: Made with the page: however often it is sent, it is one refund.
    refund_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    sum = forms.DecimalField(
        label="Amount",
        max_digits=16,
        validators=[MinValueValidator(0)],
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="For example 12.50, in the payment's currency.",
    )
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget, help_text="The customer reads it.")
    settles = forms.UUIDField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Id of the return, or of the canceled order, that waits for this refund; else leave it empty.",
    )

    class Meta:
        model = Refund
        fields = ("payment", "reason")

    def clean(self) -> dict[str, Any]:
        """Read the amount, and compare it with what is left: nothing is refunded by looking at the form."""
        cleaned = super().clean() or {}
        payment = cleaned.get("payment")
        if payment is None or "sum" not in cleaned:
            return cleaned
        try:
            cleaned["amount"] = amount = Money.parse(cleaned["sum"], payment.currency)
        except AmountNotReadable as error:
            raise forms.ValidationError({"sum": error.message}) from error
        left = Money(payment.captured_amount - payment.claimed_amount, payment.currency)
        if amount.amount <= 0 or amount > left:
            raise forms.ValidationError({"sum": f"More than 0, and at most {left}, can be refunded."})
        return cleaned


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Add one: the provider is asked at once, and the order service is told."""

    form = RefundForm
    list_display = ("id", "payment", "money", "status", "attempt", "reason", "requested_by", "created_at")
    list_filter = ("status", ("requested_by", admin.EmptyFieldListFilter))
    list_select_related = ("payment",)
    search_fields = ("id", "key", "payment__number", "payment__order_id", "reason", "requested_by")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    autocomplete_fields = ("payment",)
    actions = ("try_again",)

    @display(description="amount", ordering="amount")  # type: ignore[untyped-decorator]
    def money(self, row: Refund) -> str:
        return money(row.amount, row)

    @admin.action(description="Try again what failed", permissions=["add"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        for row in queryset:
            try:
                commands.retry_refund(refund_id=row.id, requested_by=str(request.user)[:254], now=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{row}: {error.message}", messages.ERROR)
            else:
                self.log_change(request, row, "tried again")
                self.message_user(request, f"{row}: the provider is asked again.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm("payments.add_refund"))  # type: ignore[union-attr]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return super().get_fields(request, obj) if obj else ("payment", "sum", "reason", "settles", "refund_id")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "refund_id": uuid7()}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **{**kwargs, "form": forms.ModelForm})
        return super().get_form(request, obj, change, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What the command refuses after all, since another refund was quicker, is said above the form."""
        try:
            return super().add_view(request, form_url, extra_context)  # type: ignore[no-any-return]
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(f"{request.path}?payment={request.POST.get('payment', '')}")

    def save_form(self, request: HttpRequest, form: RefundForm, change: bool) -> Refund:
        """The command stores it."""
        made = commands.request_refund(
            refund_id=form.cleaned_data["refund_id"],
            payment_id=form.cleaned_data["payment"].id,
            amount=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
            settles=form.cleaned_data["settles"],
            requested_by=str(request.user)[:254],
            now=timezone.now(),
        )
        return Refund.objects.get(id=made)

    def save_model(self, request: HttpRequest, obj: Refund, form: Any, change: bool) -> None:
        """Nothing more to save."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing more to save."""
