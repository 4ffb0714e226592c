"""The list page of every admin. It accepts the parameters that the admin declares and refuses all others.

Django's own accepts lookups of any local field, and so reveals the values of hidden ones.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.filters import ChoicesFieldListFilter
from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import prepare_lookup_value
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from unfold.views import ChangeList

_OWN = frozenset({ALL_VAR, ERROR_FLAG, IS_FACETS_VAR, IS_POPUP_VAR, ORDER_VAR, PAGE_VAR, SEARCH_VAR, TO_FIELD_VAR})
_PAGE = re.compile(r"[1-9]\d{0,8}")
_COLUMNS = re.compile(r"(-?\d{1,3}(\.-?\d{1,3})*)?")
_FLAGS = frozenset({"True", "False", "1", "0"})
LONGEST_SEARCH = 200


class DeclaredChangeList(ChangeList):
    """Raises BadRequest for a parameter that no filter, date hierarchy or search of the admin declares."""

    def __init__(self, request: HttpRequest, model: Any, list_display: Any, *args: Any, **kwargs: Any) -> None:
        _check_own(request, columns=len(list_display))
        super().__init__(request, model, list_display, *args, **kwargs)

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        specs, _, left, *_ = found
        parts = {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        bounds = {f"{self.date_hierarchy}__{bound}" for bound in ("gte", "lt")}
        given = request.GET.keys() - _OWN
        for name in given & left.keys() | left.keys() - bounds:
            raise BadRequest(f"This list cannot be filtered by {name}.")
        for spec in specs:
            _check_values(spec, request)
        for name in given - parts - {name for spec in specs for name in spec.expected_parameters()}:
            # The filter is not shown because it has no choices; Django would ignore the parameter.
            _check_flag(name, request)
            left[name] = prepare_lookup_value(name, request.GET.getlist(name))
        return found


def _check_own(request: HttpRequest, *, columns: int) -> None:
    for name in _OWN & request.GET.keys():
        if len(request.GET.getlist(name)) > 1:
            raise BadRequest(f"{name} appears twice.")
    if not _PAGE.fullmatch(request.GET.get(PAGE_VAR, "1")):
        raise BadRequest(f"{PAGE_VAR} is not a page number.")
    order = request.GET.get(ORDER_VAR, "")
    if not _COLUMNS.fullmatch(order) or any(int(number) >= columns for number in re.findall(r"\d+", order)):
        raise BadRequest(f"{ORDER_VAR} does not name columns of this list.")
    if len(request.GET.get(SEARCH_VAR, "")) > LONGEST_SEARCH:
        raise BadRequest(f"{SEARCH_VAR} is longer than {LONGEST_SEARCH} characters.")


def _check_values(spec: Any, request: HttpRequest) -> None:
    """Refuse unknown values, for which a filter would silently show the whole list or nothing."""
    known: set[str] | None = None
    if isinstance(spec, SimpleListFilter):
        known = {str(value) for value, _ in spec.lookup_choices}
    elif isinstance(spec, ChoicesFieldListFilter):
        known = {str(value) for value, _ in spec.field.flatchoices}
    for name in spec.expected_parameters():
        _check_flag(name, request)
        if known is not None and not name.endswith("__isnull") and not known.issuperset(request.GET.getlist(name)):
            raise BadRequest(f"{name} has an unknown value.")


def _check_flag(name: str, request: HttpRequest) -> None:
    if name.endswith("__isnull") and not _FLAGS.issuperset(request.GET.getlist(name)):
        raise BadRequest(f"{name} must be True or False.")
