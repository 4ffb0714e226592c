"""Reviews, reports and ratings. Staff approve, reject and answer reviews; they write none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from chassis.admin import ModelAdmin, ReadOnlyAdmin, ReadOnlyInline, badge_column, permitted
from chassis.work.admin import WorkAdmin
from reviews import commands, models
from reviews.domain.review import SENTENCES, Rejection

STATUS_COLORS = {"pending": "warning", "published": "success", "rejected": "danger", "withdrawn": "info"}


def _approve(page: ModelAdmin, request: HttpRequest, reviews: Iterable[Model]) -> None:
    page.run_for_each(
        request,
        reviews,
        lambda review: commands.approve_review(review_id=review.pk, now=timezone.now()),
        done="approved",
    )


def _reject(page: ModelAdmin, request: HttpRequest, reviews: Iterable[Model], reason: Rejection) -> None:
    page.run_for_each(
        request,
        reviews,
        lambda review: commands.reject_review(review_id=review.pk, reason=reason, now=timezone.now()),
        done=f"rejected ({reason.replace('_', ' ')})",
    )


def _reviews(rows: QuerySet[Any]) -> QuerySet[models.Review]:
    """Return the selected reviews, or the reviews of the selected reports."""
    field = "review_id" if rows.model is models.Report else "id"
    return models.Review.objects.filter(id__in=list(rows.values_list(field, flat=True)))


def _reject_action(reason: Rejection) -> Callable[..., None]:
    """Return the list action that rejects reviews for this reason."""

    @admin.action(description=f"Reject: {reason.replace('_', ' ')}", permissions=["change"])
    def reject(page: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        _reject(page, request, _reviews(queryset), reason)

    reject.__name__ = f"reject_{reason}"
    return reject


class Stars(admin.SimpleListFilter):
    """Names its choices: the built-in filter would look for them in the whole table."""

    title = "stars"
    parameter_name = "stars"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(stars), str(stars)) for stars in range(1, 6)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[models.Review]) -> QuerySet[models.Review]:
        chosen = self.value()
        return queryset.filter(stars=chosen) if chosen in {"1", "2", "3", "4", "5"} else queryset


class HasOpenReports(admin.SimpleListFilter):
    title = "open reports"
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[models.Review]) -> QuerySet[models.Review]:
        return queryset.filter(open_reports__gt=0) if self.value() else queryset


class RejectForm(BaseDialogForm):
    reason = forms.ChoiceField(
        choices=[(reason.value, f"{reason.replace('_', ' ')}: “{SENTENCES[reason]}”") for reason in Rejection],
        widget=forms.RadioSelect,
        label="Reason, which the author reads",
    )


class ReviewReports(ReadOnlyInline):
    model = models.Report
    fields = readonly_fields = ("reason", "note", "by_buyer", "created_at", "settled_at")


@admin.register(models.Review)
class ReviewAdmin(ModelAdmin):
    """Reviews to approve, reject or answer. Staff cannot change the text of an author."""

    list_display = (
        "title",
        "stars",
        "product",
        "customer",
        "state",
        "score",
        "open_reports",
        "buyers_reports",
        "created_at",
    )
    list_filter = ("status", Stars, HasOpenReports, "rejection")
    list_select_related = ("product", "customer")
    search_fields = ("title", "text", "product__name", "customer__public_name")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines = (ReviewReports,)
    actions = ("approve", *map(_reject_action, Rejection))
    actions_detail = ("approve_this", "reject_this")
    state = badge_column("status", STATUS_COLORS, "state")
    fieldsets = (
        (None, {"fields": ("product", "customer", "purchase", "verified", "stars", "title", "text")}),
        (
            "Moderation",
            {"fields": ("status", "score", "findings", "rejection", "vetted", "open_reports", "buyers_reports")},
        ),
        ("The shop's reply", {"fields": ("reply", "replied_at")}),
        ("Votes and times", {"fields": ("helpful_yes", "helpful_no", "created_at", "published_at", "edited_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Review]:
        return super().get_queryset(request).select_related("product", "customer")  # type: ignore[no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [field.name for field in models.Review._meta.fields if field.name != "reply"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: models.Review, form: forms.Form, change: bool) -> None:
        commands.reply_to_review(review_id=obj.id, reply=obj.reply, now=timezone.now())

    @admin.action(description="Approve: publish and close reports", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[models.Review]) -> None:
        _approve(self, request, _reviews(queryset))

    @action(
        description="Approve",
        permissions=["change"],
        icon="check",
        dialog={
            "title": "Approve this review?",
            "description": "It is published, counts in the rating, and its reports are closed.",
            "form_class": None,
            "form_submit_text": "Approve",
        },
    )
    def approve_this(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        _approve(self, request, [self.get_object(request, object_id)])
        return _to_review(object_id)

    @action(
        description="Reject",
        permissions=["change"],
        icon="block",
        dialog={
            "title": "Reject this review?",
            "description": "It is removed from the page and the rating, and its author is told why.",
            "form_class": RejectForm,
            "form_submit_text": "Reject",
        },
    )
    def reject_this(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        _reject(self, request, [self.get_object(request, object_id)], Rejection(form.cleaned_data["reason"]))
        return _to_review(object_id)


@admin.register(models.Report)
class ReportAdmin(ReadOnlyAdmin):
    """The queue of customers' reports. Approving or rejecting a review closes its reports."""

    list_display = ("review", "reason", "note", "by_buyer", "review_state", "created_at", "settled_at")
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "reason", "review__status")
    list_select_related = ("review",)
    search_fields = ("review__title", "review__text", "note")
    date_hierarchy = "created_at"
    ordering = ("settled_at", "created_at")
    actions = ("keep", *map(_reject_action, Rejection))
    review_state = badge_column("review__status", STATUS_COLORS, "review is")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Permit the actions to those who may change reviews; nobody edits a report."""
        return obj is None and permitted(request, "reviews.change_review")

    @admin.action(description="Keep the review: approve it and close its reports", permissions=["change"])
    def keep(self, request: HttpRequest, queryset: QuerySet[models.Report]) -> None:
        _approve(self, request, _reviews(queryset))


@admin.register(models.Rating)
class RatingAdmin(ReadOnlyAdmin):
    list_display = (
        "product",
        "count",
        "stars_total",
        "stars_5",
        "stars_4",
        "stars_3",
        "stars_2",
        "stars_1",
        "changed_at",
    )
    list_select_related = ("product",)
    search_fields = ("product__name",)
    ordering = ("-changed_at",)


@admin.register(models.RatingRepair)
class RatingRepairAdmin(ReadOnlyAdmin):
    """Empty on a healthy system."""

    list_display = ("product", "was", "counted", "found_at")
    list_select_related = ("product",)
    search_fields = ("product__name",)
    ordering = ("-found_at",)


@admin.register(models.Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    list_display = ("product", "customer", "order_id", "units", "kept", "delivered_at")
    list_select_related = ("product", "customer")
    search_fields = ("product__name", "customer__public_name", "order_id")
    date_hierarchy = "delivered_at"
    ordering = ("-delivered_at",)


@admin.register(models.Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ("name", "slug", "id")
    search_fields = ("name", "slug")
    ordering = ("name",)


@admin.register(models.IndexTask)
class IndexTaskAdmin(WorkAdmin):
    """Changes not yet indexed in Elasticsearch. A long list means that it is down."""

    list_display = ("review_id", "version", "progress", "due_at", "attempts", "error")
    search_fields = ("review_id",)
    ordering = ("due_at",)


def _to_review(object_id: str) -> HttpResponse:
    """Redirect the dialog, which htmx sent, to the page of the review."""
    return HttpResponse(headers={"HX-Redirect": reverse("admin:reviews_review_change", args=[object_id])})
