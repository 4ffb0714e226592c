"""Erasures of deleted accounts and the receipts of the services."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chassis.admin import ReadOnlyAdmin, ReadOnlyInline, permitted
from users.admin.any_engine import DatesOfRows
from users.commands.erasure import ask_services
from users.domain.personal_data import is_late, missing
from users.models import ErasureReceipt, ErasureRequest


class ReceiptInline(ReadOnlyInline):
    model = ErasureReceipt
    fields = ("service", "erased", "anonymized", "kept", "waits_for", "erased_at", "reported_at")


@admin.register(ErasureRequest)
class ErasureRequestAdmin(DatesOfRows, ReadOnlyAdmin):
    """Progress of the erasure of a deleted account: which services are done, which are pending, and why."""

    list_display = ("user_id", "requested_at", "done", "waited_for", "in_time", "asks", "ask_again_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    search_fields = ("user_id",)
    date_hierarchy = "requested_at"
    ordering = ("-requested_at",)
    list_per_page = 50
    inlines = (ReceiptInline,)
    actions = ("ask",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ErasureRequest], search_term: str
    ) -> tuple[QuerySet[ErasureRequest], bool]:
        """Search by the complete id of the account, which is all that remains of it."""
        try:
            return queryset.filter(user_id=UUID(search_term.strip())), False
        except ValueError:
            return (queryset.none() if search_term else queryset), False

    @admin.display(description="done")
    def done(self, erasure: ErasureRequest) -> str:
        wanted = len(settings.PERSONAL_DATA_SERVICES)
        return f"{wanted - len(_waited_for(erasure))} of {wanted}"

    @admin.display(description="waits for")
    def waited_for(self, erasure: ErasureRequest) -> str:
        reasons = dict(erasure.receipts.values_list("service", "waits_for"))
        return "; ".join(
            f"{name}: {reasons[name]}" if reasons.get(name) else f"{name}: no answer" for name in _waited_for(erasure)
        )

    @admin.display(boolean=True, description="in time")
    def in_time(self, erasure: ErasureRequest) -> bool:
        if erasure.finished_at:
            return True
        answered = list(erasure.receipts.values_list("service", flat=True))
        unanswered = bool(missing(settings.PERSONAL_DATA_SERVICES, answered))
        return not is_late(requested_at=erasure.requested_at, unanswered=unanswered, now=timezone.now())

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return permitted(request, "users.change_erasurerequest")

    @admin.action(description="Request the erasure from all services again", permissions=["ask"])
    def ask(self, request: HttpRequest, queryset: QuerySet[ErasureRequest]) -> None:
        self.run_for_each(
            request,
            queryset,
            lambda erasure: ask_services(user_id=erasure.user_id, now=timezone.now()),
            done="requested again",
        )


def _waited_for(erasure: ErasureRequest) -> list[str]:
    done = erasure.receipts.exclude(erased_at=None).values_list("service", flat=True)
    return missing(settings.PERSONAL_DATA_SERVICES, done)
