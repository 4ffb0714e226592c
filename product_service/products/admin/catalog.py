from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import action

from chassis.admin import ModelAdmin, actor
from chassis.core.errors import DomainError
from chassis.core.money import Money
from products import commands
from products.admin.forms import CategoryForm, ImportForm, ProductForm, VariantForm
from products.admin.imports import may_import
from products.domain.catalog import CURRENCY
from products.domain.product_file import COLUMNS, REQUIRED, text_of
from products.models import Category, Product, ProductImport, Variant


class VariantInline(TabularInline):
    model = Variant
    form = VariantForm
    extra = 0
    min_num = 1
    validate_min = True
    can_delete = False
    ordering = ("position", "sku")


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    """Products with their variants. Saving is one transaction that also updates stock items and search."""

    form = ProductForm
    list_display = ("picture", "name", "category", "price", "in_stock", "active", "stars", "sold", "updated_at")
    list_display_links = ("picture", "name")
    list_filter = ("active", "in_stock", "category")
    list_select_related = ("category",)
    search_fields = ("name", "slug", "variants__sku")
    date_hierarchy = "created_at"
    also_shown = ("created_at",)
    ordering = ("name_key", "id")
    fields = ("name", "slug", "category", "description", "image_url", "active")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (VariantInline,)
    actions = ("activate", "deactivate")
    actions_list = ("import_csv",)

    @admin.display(description="")
    def picture(self, product: Product) -> str:
        return format_html('<img src="{}" alt="" width="44" height="44" style="border-radius:6px">', product.image_url)

    @admin.display(description="From", ordering="price_from")
    def price(self, product: Product) -> str:
        return str(Money(product.price_from, CURRENCY))

    @admin.display(description="Rating", ordering="rating_hundredths")
    def stars(self, product: Product) -> str:
        average = product.rating_hundredths
        return f"{average // 100}.{average % 100:02d} ({product.rating_count})" if product.rating_count else "-"

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Product | None = None) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Save only the edited fields: stock, rating and sales may have changed while the form was open."""
        obj.updated_at = timezone.now()
        if change:
            obj.save(update_fields=[*form.changed_data, "updated_at"])
        else:
            obj.created_at = obj.updated_at
            obj.save(force_insert=True)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        commands.announce_product(product_id=form.instance.pk)

    @admin.action(description="Activate: show and sell again", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_active(request, queryset, active=True)

    @admin.action(description="Deactivate: hide and stop selling", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_active(request, queryset, active=False)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[Product], *, active: bool) -> None:
        products = list(queryset.exclude(active=active))
        ids = [product.id for product in products]
        changed = commands.set_active(product_ids=ids, active=active, now=timezone.now())
        for product in products:
            self.log_change(request, product, "activated" if active else "deactivated")
        self.message_user(request, f"{changed} products {'activated' if active else 'deactivated'}.")

    @action(description="Import CSV", url_path="import-csv", permissions=["import_csv"])
    def import_csv(self, request: HttpRequest) -> HttpResponse:
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and (row := _imported(request, form)):
            return HttpResponseRedirect(reverse("admin:products_productimport_change", args=[row.id]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import products",
            "form": form,
            "columns": COLUMNS,
            "required": REQUIRED,
        }
        return render(request, "admin/products/import_csv.html", context)

    def has_import_csv_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return may_import(request)


def _imported(request: HttpRequest, form: ImportForm) -> ProductImport | None:
    file = form.cleaned_data["file"]
    try:
        return commands.add_import(
            file_name=file.name, text=text_of(file.read()), actor=actor(request), now=timezone.now()
        )
    except DomainError as error:
        form.add_error("file", error.message.splitlines())
        return None


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    form = CategoryForm
    list_display = ("name", "path", "position")
    search_fields = ("name", "slug")
    ordering = ("path",)
    prepopulated_fields = {"slug": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Category | None = None) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        saved = commands.put_category(
            slug=obj.slug,
            name=obj.name,
            parent=obj.parent.slug if obj.parent else None,
            description=obj.description,
            position=obj.position,
        )
        obj.pk = saved.pk
