"""Forms of the admin, which check the rules of the domain and show errors at the field."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from chassis.forms import by_rule
from chassis.values.identifiers import picture_url
from chassis.values.text import line
from products.domain.catalog import ProductNotValid, VariantDraft, checked_slug, checked_variant
from products.models import Category, Product, StockItem, Variant


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A variant. Its SKU cannot change, because orders refer to it; deactivate a variant that is no longer sold."""

    class Meta:
        model = Variant
        fields = ("sku", "name", "options", "price_amount", "weight_grams", "active", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and "sku" in self.fields:
            self.fields["sku"].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        if not isinstance(data.get("options"), dict):
            raise forms.ValidationError({"options": 'Write it like {"color": "blue"}, or {} for none.'})
        draft = VariantDraft(
            sku=data["sku"],
            name=data["name"],
            options=data["options"],
            price=data["price_amount"],
            weight_grams=data["weight_grams"],
        )
        try:
            checked_variant(draft)
        except ProductNotValid as error:
            raise forms.ValidationError(error.message) from error
        return data


class SlugForm(forms.ModelForm):  # type: ignore[type-arg]
    """Checks that a name is one line and that a slug is valid in an address."""

    def clean_name(self) -> str:
        return by_rule(line, self.cleaned_data["name"])

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        try:
            return checked_slug(slug, longest=self._meta.model._meta.get_field("slug").max_length)
        except ProductNotValid as error:
            raise forms.ValidationError(error.message) from error


class ProductForm(SlugForm):
    class Meta:
        model = Product
        fields = ("name", "slug", "category", "description", "image_url", "active")

    def clean_image_url(self) -> str:
        return by_rule(picture_url, self.cleaned_data["image_url"])


class CategoryForm(SlugForm):
    class Meta:
        model = Category
        fields = ("name", "slug", "parent", "description", "position")

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        if parent and self.instance.path and parent.path.startswith(self.instance.path):
            raise forms.ValidationError("A category cannot be below itself.")
        return parent


class StockForm(forms.ModelForm):  # type: ignore[type-arg]
    """A correction by a difference, so that two corrections at once both count."""

    delta = forms.IntegerField(
        label="Change by",
        min_value=-1_000_000,
        max_value=1_000_000,
        help_text="Units: 12 if 12 arrived, -1 if one is broken.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    note = forms.CharField(
        label="Reason",
        max_length=200,
        help_text="Recorded in the ledger with your name.",
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = StockItem
        fields: tuple[str, ...] = ()

    def clean_delta(self) -> int:
        delta: int = self.cleaned_data["delta"]
        free = self.instance.on_hand - self.instance.reserved - self.instance.allocated
        if delta == 0:
            raise forms.ValidationError("Nothing would change.")
        if free + delta < 0:
            raise forms.ValidationError(f"Only {free} units are free; the others are held for orders.")
        return delta


class RepairForm(BaseDialogForm):
    note = forms.CharField(
        label="Reason", max_length=200, help_text="Recorded with your name.", widget=UnfoldAdminTextInputWidget
    )


class ImportForm(forms.Form):
    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget)
