"""Refunds: the list, and the form with which staff request one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.validators import MinValueValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget
from uuid_utils.compat import uuid7

from chassis.admin import ReadOnlyAdmin, ReasonForm, actor, money_column, permitted
from chassis.core.errors import DomainError
from chassis.core.money import AmountNotReadable, Money
from payments import commands
from payments.models import Refund

FORM_FIELDS = ("payment", "sum", "reason_code", "reason", "settles", "refund_id")


class RefundForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new refund; the amount is in major units. The command checks again what can be refunded."""

    #: Created with the page, so that a form sent twice makes one refund.
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
        help_text="Id of the return or canceled order that waits for this refund; otherwise leave it empty.",
    )

    class Meta:
        model = Refund
        fields = ("payment", "reason_code", "reason")

    def clean(self) -> dict[str, Any]:
        """Parse the amount and compare it with what is left to refund."""
        cleaned = super().clean() or {}
        payment = cleaned.get("payment")
        if payment is None or "sum" not in cleaned:
            return cleaned
        try:
            cleaned["amount"] = amount = Money.parse(cleaned["sum"], payment.currency)
        except AmountNotReadable as error:
            raise forms.ValidationError({"sum": error.message}) from error
        left = Money(payment.refundable_amount, payment.currency)
        if amount.amount <= 0 or amount > left:
            raise forms.ValidationError({"sum": f"More than 0, and at most {left}, can be refunded."})
        return cleaned


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Refunds. A new one is sent to the provider at once, and the order service is informed."""

    form = RefundForm
    list_display = (
        "id",
        "payment",
        "money",
        "status",
        "attempt",
        "reason_code",
        "reason",
        "requested_by",
        "created_at",
    )
    list_filter = ("status", "reason_code", "payment__provider", ("requested_by", admin.EmptyFieldListFilter))
    list_select_related = ("payment",)
    search_fields = ("id", "key", "payment__number", "payment__order_id", "reason", "requested_by")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    autocomplete_fields = ("payment",)
    actions = ("try_again", "book_payout", "refuse_payout")
    action_form = ReasonForm

    money = money_column("amount", "amount")

    @admin.action(description="Try failed refunds again", permissions=["add"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        def retry(row: Refund) -> object:
            return commands.retry_refund(refund_id=row.id, requested_by=actor(request), now=timezone.now())

        self.run_for_each(request, queryset, retry, done="requested from the provider again")

    @admin.action(description="Book as paid out, for bank transfers and cash (note required)", permissions=["book"])
    def book_payout(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        if note := self.reason_given(request):

            def book(row: Refund) -> object:
                return commands.book_payout(refund_id=row.id, by=actor(request), now=timezone.now())

            self.run_for_each(request, queryset, book, done="booked as paid out", reason=note)

    @admin.action(description="Cannot be paid out, for bank transfers and cash (reason required)", permissions=["book"])
    def refuse_payout(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        if reason := self.reason_given(request):

            def refuse(row: Refund) -> object:
                return commands.refuse_payout(refund_id=row.id, reason=reason, by=actor(request), now=timezone.now())

            self.run_for_each(request, queryset, refuse, done="could not be paid out", reason=reason)

    def has_book_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "payments.book_payment")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return permitted(request, "payments.add_refund")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return super().get_fields(request, obj) if obj else FORM_FIELDS

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "refund_id": uuid7()}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **{**kwargs, "form": forms.ModelForm})
        return super().get_form(request, obj, change, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show above the form a refusal of the command, for example after a concurrent refund."""
        try:
            return super().add_view(request, form_url, extra_context)  # type: ignore[no-any-return]
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(f"{request.path}?payment={request.POST.get('payment', '')}")

    def save_form(self, request: HttpRequest, form: RefundForm, change: bool) -> Refund:
        """Request the refund; the command stores it."""
        made = commands.request_refund(
            refund_id=form.cleaned_data["refund_id"],
            payment_id=form.cleaned_data["payment"].id,
            amount=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
            reason_code=form.cleaned_data["reason_code"],
            settles=form.cleaned_data["settles"],
            requested_by=actor(request),
            now=timezone.now(),
        )
        return Refund.objects.get(id=made)

    def save_model(self, request: HttpRequest, obj: Refund, form: Any, change: bool) -> None:
        """Do nothing: the command has stored the refund."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: the command has stored the refund."""
