"""Replacements for parts of Django's admin that do not work on MongoDB."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from chassis.transactions import transactional


class FindsById:
    """Finds a row by its id; `search_fields` cannot, because MongoDB has no text lookups on UUIDs."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            return queryset.filter(pk=UUID(search_term.strip())), False
        except ValueError:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
            return found


class DatesOfRows:
    """Hides the date hierarchy of an empty list, of which MongoDB cannot compute the first and last date."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listing = super().get_changelist_instance(request)  # type: ignore[misc]
        if listing.date_hierarchy and not listing.queryset.exists():
            listing.date_hierarchy = None
        return listing


class OneTransaction(admin.ModelAdmin):  # type: ignore[type-arg]
    """Runs a change in one transaction, which its commands join. Must be the last of the bases.

    Django would use `atomic`, which does nothing on MongoDB and forbids real transactions inside.
    """

    @method_decorator(csrf_protect)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        view = self._changeform_view  # type: ignore[attr-defined]
        change = transactional(view) if request.method == "POST" else view
        return change(request, object_id, form_url, extra_context)
