from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from chassis.admin import EnvelopeAdmin, ReadOnlyAdmin, permitted
from chassis.inbox import receiver
from chassis.inbox.models import FailedMessage, ReceivedMessage


@admin.register(ReceivedMessage)
class ReceivedMessageAdmin(ReadOnlyAdmin):
    list_display = ("type", "subject", "received_at", "correlation_id")
    search_fields = ("subject", "correlation_id", "type")
    ordering = ("-received_at",)


@admin.register(FailedMessage)
class FailedMessageAdmin(EnvelopeAdmin):
    """Failed messages that are still being retried, and dead letters (parked)."""

    list_display = ("type", "subject", "attempts", "failed_at", "next_try_at", "parked_at")
    list_filter = ("type", ("parked_at", admin.EmptyFieldListFilter))
    search_fields = ("subject", "correlation_id")
    ordering = ("-failed_at",)
    actions = ("replay", "forget")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "inbox.replay_failedmessage")

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "inbox.forget_failedmessage")

    @admin.action(description="Replay: handle again now", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[FailedMessage]) -> None:
        for row in queryset:
            self.log_change(request, row, "replayed")
        outcomes = receiver.replay([row.id for row in queryset])
        done = sum(outcome in {"done", "duplicate"} for outcome in outcomes.values())
        level = messages.SUCCESS if done == len(outcomes) else messages.WARNING
        self.message_user(request, f"{done} of {len(outcomes)} handled; the rest failed again.", level)

    @admin.action(description="Forget: it can never be handled", permissions=["forget"])
    def forget(self, request: HttpRequest, queryset: QuerySet[FailedMessage]) -> None:
        self.log_deletions(request, queryset)
        count = receiver.forget([row.id for row in queryset])
        self.message_user(request, f"{count} dead letters forgotten. What is still being tried stays.")
