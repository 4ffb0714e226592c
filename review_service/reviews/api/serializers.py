"""Shapes of requests and responses. Those of responses describe the documents that `queries` builds."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chassis.http.api import StrictSerializer
from reviews.domain import moderation
from reviews.domain.review import ReportReason, Status
from reviews.search.port import SearchQuery

#: The last position in the results of a search that can be read.
DEEPEST = 1_000


class CleanText(serializers.CharField):
    """Text without control and hidden characters; blank if nothing else is left."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        if isinstance(value, str):
            value = moderation.clean(value)
            if not self.allow_blank and not moderation.folded(value).strip():
                self.fail("blank")
        return value


class ReviewInput(StrictSerializer):
    product_id = serializers.UUIDField()
    stars = serializers.IntegerField(min_value=1, max_value=5)
    title = CleanText(max_length=120)
    text = CleanText(max_length=5000)


class ReviewEdit(StrictSerializer):
    stars = serializers.IntegerField(min_value=1, max_value=5, required=False)
    title = CleanText(max_length=120, required=False)
    text = CleanText(max_length=5000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Say what is to change: stars, title or text.", code="nothing_to_change")
        return attrs


class VoteInput(StrictSerializer):
    helpful = serializers.BooleanField()


class ReportInput(StrictSerializer):
    reason = serializers.ChoiceField(choices=[reason.value for reason in ReportReason])
    note = CleanText(max_length=500, allow_blank=True, default="")


class SearchInput(serializers.Serializer[Any]):
    """The query string of a search. Context: `key` of the requested list."""

    q = serializers.CharField(max_length=200, help_text="Words; each may be the beginning of a longer one.")
    product_id = serializers.UUIDField(required=False)
    stars = serializers.IntegerField(min_value=1, max_value=5, required=False)
    page_size = serializers.IntegerField(min_value=1, max_value=50, default=20)
    cursor = serializers.CharField(
        max_length=40, required=False, help_text=f"As in `next`; only the first {DEEPEST:,} can be read."
    )

    def validate_cursor(self, text: str) -> int:
        key, _, start = text.partition(".")
        if key != self.context["key"] or not (start.isascii() and start.isdecimal()) or int(start) > DEEPEST:
            raise serializers.ValidationError("Take it from `next` of the same search.")
        return int(start)

    def query(self) -> SearchQuery:
        given = self.validated_data
        return SearchQuery(
            text=given["q"],
            product_id=given.get("product_id"),
            stars=given.get("stars"),
            offset=given.get("cursor", 0),
            limit=given["page_size"],
        )


class HelpfulOut(serializers.Serializer[Any]):
    yes = serializers.IntegerField()
    no = serializers.IntegerField()


class ReplyOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    replied_at = serializers.DateTimeField()


class PublicReview(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    product_name = serializers.CharField()
    author = serializers.CharField(help_text="First name and initial.")
    verified_purchase = serializers.BooleanField()
    stars = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    helpful = HelpfulOut()
    reply = ReplyOut(allow_null=True, help_text="The shop's answer.")
    published_at = serializers.DateTimeField(allow_null=True)
    edited_at = serializers.DateTimeField(allow_null=True)


class OwnReview(PublicReview):
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    message = serializers.CharField(allow_null=True, help_text="Why it is not shown.")
    created_at = serializers.DateTimeField()


class HighlightOut(serializers.Serializer[Any]):
    title = serializers.CharField(help_text="Safe HTML with <mark>.")
    text = serializers.CharField(help_text="The passages that fit; safe HTML with <mark>.")


class FoundReview(PublicReview):
    highlight = HighlightOut()


class FoundReviews(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    results = FoundReview(many=True)


class RatingOut(serializers.Serializer[Any]):
    product_id = serializers.UUIDField()
    count = serializers.IntegerField()
    stars_total = serializers.IntegerField()
    average_hundredths = serializers.IntegerField(help_text="437 is 4.37 stars; 0 without reviews.")
    histogram = serializers.DictField(child=serializers.IntegerField(), help_text='{"1": n, ... "5": n}')
