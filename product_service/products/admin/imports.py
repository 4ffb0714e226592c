from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import action

from chassis.admin import ReadOnlyAdmin
from products import commands
from products.models import ProductImport


def may_import(request: HttpRequest) -> bool:
    """Return whether the user may import files, which change products and stock."""
    return request.user.has_perms(["products.add_product", "products.change_product", "products.change_stockitem"])


def _lines(texts: list[str]) -> str:
    return format_html_join(mark_safe("<br>"), "{}", ((text,) for text in texts)) or "-"


@admin.register(ProductImport)
class ProductImportAdmin(ReadOnlyAdmin):
    """CSV imports: files that wait for confirmation, their progress, and rejected lines."""

    list_display = ("file_name", "actor", "status", "products", "done", "changed", "created_at", "finished_at")
    list_filter = ("status",)
    search_fields = ("file_name", "actor")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = readonly_fields = (
        *("file_name", "actor", "status", "products", "done", "changed"),
        *("will_be_lost", "were_refused", "created_at", "finished_at"),
    )
    actions_detail = ("start", "discard")

    @admin.display(description="No longer sold or shown")
    def will_be_lost(self, row: ProductImport) -> str:
        return _lines(row.losses)

    @admin.display(description="Rejected during the import")
    def were_refused(self, row: ProductImport) -> str:
        return _lines(row.problems)

    def has_import_csv_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return may_import(request)

    @action(
        description="Import",
        permissions=["import_csv"],
        dialog={
            "title": "Import this file?",
            "description": "Products listed as no longer sold or shown are deactivated.",
            "form_class": None,
            "form_submit_text": "Import",
        },
    )
    def start(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        return self._confirm(request, object_id, confirmed=True)

    @action(
        description="Discard",
        permissions=["import_csv"],
        dialog={
            "title": "Discard this file?",
            "description": "Nothing is imported.",
            "form_class": None,
            "form_submit_text": "Discard",
        },
    )
    def discard(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        return self._confirm(request, object_id, confirmed=False)

    def _confirm(self, request: HttpRequest, object_id: str, *, confirmed: bool) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not isinstance(row, ProductImport):
            raise Http404
        if commands.confirm_import(import_id=row.id, confirmed=confirmed, now=timezone.now()):
            self.log_change(request, row, "confirmed" if confirmed else "discarded")
        else:
            self.message_user(request, "This file no longer waits for confirmation.", messages.WARNING)
        return HttpResponse(headers={"HX-Redirect": reverse("admin:products_productimport_change", args=[row.id])})
