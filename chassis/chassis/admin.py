"""Admin classes, columns and actions that all services share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

import unfold.admin
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import BadRequest, FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError
from django.db.models import Field, Model, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from unfold.decorators import display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from chassis import logs
from chassis.change_list import LONGEST_SEARCH, DeclaredChangeList, InfinitePaginator
from chassis.core.errors import DomainError
from chassis.core.money import Money

Column = Callable[[Any, Any], str]


class ModelAdmin(unfold.admin.ModelAdmin):
    """The base of every admin. It accepts declared lookups only and answers invalid input with 400 or 404."""

    show_full_result_count = False
    #: Fields that the page shows in another form, so that the list may be searched and filtered by them.
    also_shown: tuple[str, ...] = ()

    def run_for_each(
        self,
        request: HttpRequest,
        rows: Iterable[Any],
        command: Callable[[Any], object],
        *,
        done: str,
        reason: str = "",
    ) -> None:
        """Call `command(row)` for each row, add `done` to the history of the row, and report successes and failures.

        A command that returns False has found nothing to change. A DomainError is reported; the other rows go on.
        """
        changed, unchanged = [], 0
        for row in rows:
            try:
                if command(row) is False:
                    unchanged += 1
                    continue
            except DomainError as error:
                self.message_user(request, f"{row}: {error.message}", messages.ERROR)
                continue
            self.log_change(request, row, f"{done}: {reason}" if reason else done)
            changed.append(row)
        if changed:
            several = f"{len(changed)} {changed[0]._meta.verbose_name_plural}"
            names = several if len(changed) > 1 else changed[0]
            self.message_user(request, f"{names}: {done}.", messages.SUCCESS)
        if unchanged:
            self.message_user(request, f"Nothing to change: {unchanged} of the selection.", messages.WARNING)

    def reason_given(self, request: HttpRequest) -> str:
        """Return the reason entered in `ReasonForm`. Without one, tell the user that it is required and return ""."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, "A reason is required. Enter it next to the action.", messages.ERROR)
        return reason

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any) -> Any:
        return InfinitePaginator(queryset, per_page, *args, page=int(request.GET.get(PAGE_VAR, 1)), **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeclaredChangeList]:
        return DeclaredChangeList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Refuse a filter that fails; Django would show the unfiltered list."""
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, ValueError, OverflowError, DataError) as error:
            if not request.GET:
                raise
            raise BadRequest("A filter of this list has an invalid value.") from error

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Search for the list page and for autocomplete fields of forms.

        A number or id is found by its index; only what is none is looked for inside the texts of all rows.
        """
        if len(search_term) > LONGEST_SEARCH:
            raise BadRequest(f"A search has at most {LONGEST_SEARCH} characters.")
        if exactly := identified_by(search_term.strip(), self.get_search_fields(request), self.model):
            found = queryset.filter(exactly)
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Refuse an action that is unknown or not permitted; Django would ignore it."""
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
        """Return the initial values that the query string gives a new form, converted to the types of the fields."""
        initial = super().get_changeform_initial_data(request)
        for name, given in initial.items():
            try:
                field = self.opts.get_field(name)
            except FieldDoesNotExist:
                continue
            initial[name] = [checked(field, one) for one in given] if isinstance(given, list) else checked(field, given)
        return initial  # type: ignore[no-any-return]


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the system writes. Staff view them; actions call commands."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReadOnlyInline(unfold.admin.TabularInline):
    """Related rows in a table that staff cannot edit."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class GroupAdmin(ReadOnlyAdmin):
    """Groups are defined in code: the staff cookie carries their names, STAFF_GROUPS defines their permissions."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)


class EnvelopeAdmin(ReadOnlyAdmin):
    """A stored message, without the links and tokens that open accounts."""

    exclude = ("envelope",)
    readonly_fields = ("message",)

    @admin.display(description="message")
    def message(self, row: Any) -> str:
        return format_html("<pre>{}</pre>", readable(row.envelope))


def permitted(request: HttpRequest, permission: str) -> bool:
    """Return whether the signed-in user has the permission ("app.codename")."""
    return bool(request.user.has_perm(permission))


def actor(request: HttpRequest) -> str:
    """Return the e-mail address of the signed-in user, to which a change is attributed."""
    return request.user.get_username()


def reason_field(placeholder: str = "Reason", *, longest: int = 300) -> forms.CharField:
    """Return a text field next to the choice of an action."""
    widget = UnfoldAdminTextInputWidget({"placeholder": placeholder, "aria-label": placeholder})
    return forms.CharField(required=False, max_length=longest, label="", widget=widget)


class ReasonForm(ActionForm):
    """An `action_form` that asks for the reason; `ModelAdmin.reason_given` reads it."""

    reason = reason_field()


def money_column(field: str, title: str) -> Column:
    """Return a column of the amount in `field`, in the currency of the row."""

    @admin.display(description=title, ordering=field)
    def column(self: Any, row: Any) -> str:
        return str(Money(getattr(row, field), row.currency))

    return column


def badge_column(field: str, colors: Mapping[str, str], title: str = "status") -> Column:
    """Return a column of the value in `field` ("review__status" for a related row), as a badge in its color."""
    value = attrgetter(field.replace("__", "."))

    @display(description=title, ordering=field, label=colors)
    def column(self: Any, row: Any) -> str:
        return str(value(row))

    return column  # type: ignore[no-any-return]


def checked(field: Field[Any, Any], text: str) -> Any:
    """Return the text as a value of the field. Raises BadRequest."""
    target = getattr(field, "target_field", field)
    try:
        value = target.to_python(text)
        target.run_validators(value)
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise BadRequest(f"Not a valid {field.name}: {text[:60]}") from error
    if isinstance(value, str) and "\x00" in value:
        raise BadRequest(f"Not a valid {field.name}: {text[:60]}")
    return value


def identified_by(text: str, fields: Iterable[str], model: type[Model]) -> Q:
    """Return the condition that one of these fields, of those with an index, is exactly this text."""
    found = Q()
    if not text:
        return found
    indexes = {index.fields[0].lstrip("-") for index in model._meta.indexes if index.fields}
    for name in (one.lstrip("^=@") for one in fields):
        try:
            field = model._meta.get_field(name)
            if field.unique or field.db_index or name in indexes:  # type: ignore[union-attr]
                found |= Q(**{name: field.to_python(text)})  # type: ignore[union-attr]
        except (FieldDoesNotExist, ValidationError):
            continue
    return found


def readable(envelope: str) -> str:
    """Return the envelope as indented JSON without secrets; text that is not JSON is returned without secrets."""
    try:
        document = json.loads(envelope)
    except ValueError:
        document = envelope
    shown = logs.without_secrets(document)
    return shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)
