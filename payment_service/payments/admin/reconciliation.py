"""The reports of reconciliation, and the form with which staff request one about any period."""

from __future__ import annotations

import csv
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from chassis.admin import ReadOnlyAdmin, ReadOnlyInline, actor, permitted
from chassis.core.errors import DomainError
from chassis.core.money import Money
from payments import commands
from payments.models import ReconciliationFinding, ReconciliationRun

COLUMNS = ("kind", "provider", "object at the provider", "payment", "order", "ours", "theirs")


class PeriodForm(forms.ModelForm):  # type: ignore[type-arg]
    """The period to compare."""

    class Meta:
        model = ReconciliationRun
        fields = ("period_start", "period_end")
        field_classes = dict.fromkeys(fields, forms.SplitDateTimeField)
        widgets = dict.fromkeys(fields, UnfoldAdminSplitDateTimeWidget)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        if start and end:
            try:
                commands.check_period(start, end, now=timezone.now())
            except DomainError as error:
                raise ValidationError({"period_end": error.message}) from error
        return cleaned


class FindingInline(ReadOnlyInline):
    tab = True
    model = ReconciliationFinding
    fields = readonly_fields = ("kind", "provider", "provider_id", "payment", "ours", "theirs")
    verbose_name_plural = "differences"


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(ReadOnlyAdmin):
    """Comparisons of our books with the providers': one each night, and those that staff request."""

    form = PeriodForm
    list_display = ("__str__", "requested_by", "requested_at", "finished_at", "compared", "found", "failed")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    ordering = ("-requested_at",)
    date_hierarchy = "requested_at"
    exclude = ("totals",)
    readonly_fields = ("sums",)
    inlines = (FindingInline,)
    actions_detail = ("download",)

    @admin.display(description="Ledger of the period")
    def sums(self, row: ReconciliationRun) -> str:
        lines = (
            (f"{one['provider']}: {one['kind']} {Money(one['amount'], one['currency'])} in {one['entries']}",)
            for one in row.totals
        )
        return format_html_join(mark_safe("<br>"), "{}", lines) or "-"

    @action(description="Download as CSV", url_path="csv", permissions=["export"])
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.get_object(request, object_id)
        if not isinstance(run, ReconciliationRun):
            raise Http404
        name = f"reconciliation-{run.period_start:%Y%m%dT%H%M}-{run.period_end:%Y%m%dT%H%M}.csv"
        response = HttpResponse(
            content_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )
        write_report(run, csv.writer(response))
        return response

    def has_export_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return permitted(request, "payments.export_reconciliationrun")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return permitted(request, "payments.add_reconciliationrun")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return super().get_fields(request, obj) if obj else PeriodForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        return self.inlines if obj else ()

    def save_form(self, request: HttpRequest, form: PeriodForm, change: bool) -> ReconciliationRun:
        """Request the run; the command stores it, and a job does it within a minute."""
        run_id = commands.request_reconciliation(
            start=form.cleaned_data["period_start"],
            end=form.cleaned_data["period_end"],
            by=actor(request),
            now=timezone.now(),
        )
        return ReconciliationRun.objects.get(id=run_id)

    def save_model(self, request: HttpRequest, obj: ReconciliationRun, form: Any, change: bool) -> None:
        """Do nothing: the command has stored the run."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: the command has stored the run."""


def write_report(run: ReconciliationRun, rows: Any) -> None:
    """Write the sums of the ledger and then the differences, in major units."""
    rows.writerow(["provider", "kind", "currency", "amount", "entries"])
    for one in run.totals:
        amount = Money(one["amount"], one["currency"]).major
        rows.writerow([one["provider"], one["kind"], one["currency"], f"{amount:f}", one["entries"]])
    rows.writerow([])
    rows.writerow(COLUMNS)
    for found in run.findings.select_related("payment").order_by("id").iterator(chunk_size=1000):
        payment = found.payment
        about = (payment.id, payment.number or payment.order_id) if payment else ("", "")
        rows.writerow([found.kind, found.provider, found.provider_id, *about, found.ours, found.theirs])
