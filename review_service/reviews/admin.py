"""What staff see and do. They judge reviews and answer them; they write none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from chassis.admin import ModelAdmin, ReadOnlyAdmin
from chassis.core.errors import DomainError
from reviews import commands, models
from reviews.domain.review import SENTENCES, Rejection

STATUS_LABELS = {"pending": "warning", "published": "success", "rejected": "danger", "withdrawn": "info"}


def _judge(
    model_admin: Any, request: HttpRequest, ids: Iterable[UUID], done: str, command: Callable[..., None]
) -> None:
    """Run the command on each review, note who did it, and say how it went."""
    good = 0
    for review_id in ids:
        try:
            command(review_id=review_id, now=timezone.now())
        except DomainError as error:
            model_admin.message_user(request, f"Review {review_id}: {error.message}", messages.WARNING)
            continue
        good += 1
        model_admin.log_change(request, models.Review.objects.get(id=review_id), done)
    if good:
        model_admin.message_user(request, f"{good} {done}.", messages.SUCCESS)


def _approve(model_admin: Any, request: HttpRequest, ids: Iterable[UUID]) -> None:
    _judge(model_admin, request, ids, "approved", commands.approve_review)


def _reject(model_admin: Any, request: HttpRequest, ids: Iterable[UUID], reason: Rejection) -> None:
    def command(**given: Any) -> None:
        commands.reject_review(reason=reason, **given)

    _judge(model_admin, request, ids, f"rejected ({reason.replace('_', ' ')})", command)


def _rejecting(reason: Rejection, review_id: str) -> Callable[..., None]:
    """The list action that rejects for this reason; `review_id` is the row's field with the review's id."""

    @admin.action(description=f"Reject: {reason.replace('_', ' ')}", permissions=["change"])
    def reject(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        _reject(model_admin, request, dict.fromkeys(queryset.values_list(review_id, flat=True)), reason)

    reject.__name__ = f"reject_{reason}"
    return reject


class HasOpenReports(admin.SimpleListFilter):
    title = "open reports"
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[models.Review]) -> QuerySet[models.Review]:
        return queryset.filter(open_reports__gt=0) if self.value() else queryset


class RejectForm(BaseDialogForm):  # type: ignore[misc]
    reason = forms.ChoiceField(
        choices=[(reason.value, f"{reason.replace('_', ' ')}: “{SENTENCES[reason]}”") for reason in Rejection],
        widget=forms.RadioSelect,
        label="What the author is told",
    )


class ReviewReports(TabularInline):  # type: ignore[misc]
    model = models.Report
    fields = readonly_fields = ("reason", "note", "by_buyer", "created_at", "settled_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(models.Review)
class ReviewAdmin(ModelAdmin):
    """Approve, reject, answer. The text is the author's: staff cannot change it."""

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
    list_filter = ("status", "stars", HasOpenReports, "rejection")
    list_select_related = ("product", "customer")
    search_fields = ("title", "text", "product__name", "customer__public_name")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines = (ReviewReports,)
    actions = ("approve", *(_rejecting(reason, "id") for reason in Rejection))
    actions_detail = ("approve_this", "reject_this")
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

    @display(description="state", ordering="status", label=STATUS_LABELS)
    def state(self, obj: models.Review) -> str:
        return obj.status

    @admin.action(description="Approve: publish, and settle reports", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[models.Review]) -> None:
        _approve(self, request, queryset.values_list("id", flat=True))

    @action(
        description="Approve",
        permissions=["change"],
        icon="check",
        dialog={
            "title": "Approve this review?",
            "description": "It is published, counts in the rating, and its reports are settled.",
            "form_class": None,
            "form_submit_text": "Approve",
        },
    )
    def approve_this(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        _approve(self, request, [_id(object_id)])
        return _back(object_id)

    @action(
        description="Reject",
        permissions=["change"],
        icon="block",
        dialog={
            "title": "Reject this review?",
            "description": "It is taken off the page and out of the rating, and its author is told why.",
            "form_class": RejectForm,
            "form_submit_text": "Reject",
        },
    )
    def reject_this(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        _reject(self, request, [_id(object_id)], Rejection(form.cleaned_data["reason"]))
        return _back(object_id)


@admin.register(models.Report)
class ReportAdmin(ReadOnlyAdmin):
    """The report queue: what customers ask staff to look at. A judgment on the review settles its reports."""

    list_display = ("review", "reason", "note", "by_buyer", "review_state", "created_at", "settled_at")
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "reason", "review__status")
    list_select_related = ("review",)
    search_fields = ("review__title", "review__text", "note")
    date_hierarchy = "created_at"
    ordering = ("settled_at", "created_at")
    actions = ("keep", *(_rejecting(reason, "review_id") for reason in Rejection))

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody edits a report; whoever may judge reviews may use the actions."""
        return obj is None and request.user.has_perm("reviews.change_review")

    @display(description="review is", ordering="review__status", label=STATUS_LABELS)
    def review_state(self, obj: models.Report) -> str:
        return obj.review.status

    @admin.action(description="Keep the review: approve it, and settle its reports", permissions=["change"])
    def keep(self, request: HttpRequest, queryset: QuerySet[models.Report]) -> None:
        _approve(self, request, dict.fromkeys(queryset.values_list("review_id", flat=True)))


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
class IndexTaskAdmin(ReadOnlyAdmin):
    """What Elasticsearch has yet to hear; a long list says that it is away."""

    list_display = ("review_id", "version", "due_at", "attempts", "error")
    search_fields = ("review_id",)
    ordering = ("due_at",)


def _id(object_id: str) -> UUID:
    try:
        return UUID(object_id)
    except ValueError:
        raise Http404 from None


def _back(object_id: str) -> HttpResponse:
    """The dialog was sent by htmx, which goes where this header says."""
    return HttpResponse(headers={"HX-Redirect": reverse("admin:reviews_review_change", args=[object_id])})
