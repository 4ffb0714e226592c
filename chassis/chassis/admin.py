"""Admin classes that all services share."""

from __future__ import annotations

import json
from typing import Any

import unfold.admin
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError
from django.db.models import Field, Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.html import format_html

from chassis import logs
from chassis.change_list import LONGEST_SEARCH, DeclaredChangeList


class ModelAdmin(unfold.admin.ModelAdmin):  # type: ignore[misc]
    """The base of every admin: only declared look-ups are taken, and nonsense is answered with 400 or 404."""

    #: Columns that the page shows in another form, so that the list may be searched and filtered by them.
    also_shown: tuple[str, ...] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeclaredChangeList]:
        return DeclaredChangeList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Django would show the whole list in place of one that it cannot filter."""
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, ValueError, OverflowError, DataError) as error:
            if not request.GET:
                raise
            raise BadRequest("A filter of this list has a value that it cannot take.") from error

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Asked by the list and by look-up fields of forms (autocomplete)."""
        if len(search_term) > LONGEST_SEARCH:
            raise BadRequest(f"A search has at most {LONGEST_SEARCH} characters.")
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django answers an action that is unknown or not allowed as if none had been chosen."""
        asked = {name for name in request.POST.getlist("action") if name}
        refused = asked - self.get_actions(request).keys()
        if refused and self.has_view_or_change_permission(request):
            if refused <= {name for _, name, _ in self._get_base_actions()}:
                raise PermissionDenied
            raise BadRequest("There is no such action.")
        return super().changelist_view(request, extra_context)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for text in request.POST.getlist(ACTION_CHECKBOX_NAME):
            checked(self.opts.pk, text)
        return super().response_action(request, queryset)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        found: Model | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404 if self.has_view_or_change_permission(request) else PermissionDenied
        return found

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address fills into a new form, as values of the fields."""
        initial = super().get_changeform_initial_data(request)
        for name, given in initial.items():
            try:
                field = self.opts.get_field(name)
            except FieldDoesNotExist:
                continue
            initial[name] = [checked(field, one) for one in given] if isinstance(given, list) else checked(field, given)
        return initial  # type: ignore[no-any-return]


class ReadOnlyAdmin(ModelAdmin):
    """Staff look; only the system writes. Actions call commands."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class GroupAdmin(ReadOnlyAdmin):
    """Groups are code: a group's name travels in the staff cookie, what it may do stands in STAFF_GROUPS."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)


class EnvelopeAdmin(ReadOnlyAdmin):
    """A kept message as people may read it: links and tokens that open accounts are hidden, as in the logs."""

    exclude = ("envelope",)
    readonly_fields = ("message",)

    @admin.display(description="message")
    def message(self, row: Any) -> str:
        return format_html("<pre>{}</pre>", readable(row.envelope))


def checked(field: Field[Any, Any], text: str) -> Any:
    """The value of the field that the text stands for. Raises BadRequest."""
    target = getattr(field, "target_field", field)
    try:
        value = target.to_python(text)
        target.run_validators(value)
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise BadRequest(f"This is no {field.name}: {text[:60]}") from error
    if isinstance(value, str) and "\x00" in value:
        raise BadRequest(f"This is no {field.name}: {text[:60]}")
    return value


def readable(envelope: str) -> str:
    """The JSON of an envelope in lines, without secrets; what is no JSON as it is, without secrets."""
    try:
        document = json.loads(envelope)
    except ValueError:
        document = envelope
    shown = logs.without_secrets(document)
    return shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)
