"""The list page of every admin. It accepts the parameters that the admin declares and refuses all others.

Django's own accepts lookups of any local field, and so reveals the values of hidden ones.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import partial
from typing import Any

import unfold.paginator
from django.contrib.admin import AllValuesFieldListFilter, FieldListFilter, SimpleListFilter
from django.contrib.admin.filters import ChoicesFieldListFilter
from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import prepare_lookup_value
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import BadRequest
from django.db.models import CharField, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.views import ChangeList

_OWN = frozenset({ALL_VAR, ERROR_FLAG, IS_FACETS_VAR, IS_POPUP_VAR, ORDER_VAR, PAGE_VAR, SEARCH_VAR, TO_FIELD_VAR})
_PAGE = re.compile(r"[1-9]\d{0,8}")
_COLUMNS = re.compile(r"(-?\d{1,3}(\.-?\d{1,3})*)?")
_FLAGS = frozenset({"True", "False", "1", "0"})
LONGEST_SEARCH = 200
#: Rows whose values a filter offers.
RECENT = 500


class InfinitePaginator(unfold.paginator.InfinitePaginator):
    """Counts as far as the page after this one: a count of all looks at every row. Unfold's templates know the name."""

    def __init__(self, rows: Any, per_page: int, *args: Any, page: int = 1, **kwargs: Any) -> None:
        super().__init__(rows, per_page, *args, **kwargs)
        self._last = (page + 1) * per_page

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if isinstance(rows, QuerySet) and not rows.query.is_sliced:
            return rows.order_by()[: self._last].count()
        return len(rows)


class RecentValuesFilter(AllValuesFieldListFilter):
    """Offers the values of the latest rows: to offer those of all rows, Django's own reads all of them."""

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        latest = field.model._default_manager.order_by("-pk")
        self.lookup_choices: Any = sorted(set(latest.values_list(field.name, flat=True)[:RECENT]) - {None})


FieldListFilter.register(
    lambda field: isinstance(field, CharField) and not field.choices, RecentValuesFilter, take_priority=True
)


class DeclaredChangeList(ChangeList):
    """Raises BadRequest for a parameter that no filter, date hierarchy or search of the admin declares."""

    def __init__(self, request: HttpRequest, model: Any, list_display: Any, *args: Any, **kwargs: Any) -> None:
        _check_own(request, columns=len(list_display))
        super().__init__(request, model, list_display, *args, **kwargs)

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the rows; the links to their dates come from the first and the last one alone."""
        rows = super().get_queryset(request, *args, **kwargs)
        if self.date_hierarchy:
            # Read by the template tag of the date hierarchy; a clone has Django's own methods again.
            rows.aggregate = partial(self._aggregated, rows)
            rows.dates = rows.datetimes = partial(self._periods, request)
        return rows

    def _aggregated(self, rows: QuerySet[Any], **wanted: Any) -> dict[str, Any]:
        if wanted.keys() == {"first", "last"}:
            return self._first_and_last
        return QuerySet.aggregate(rows, **wanted)

    @cached_property
    def _first_and_last(self) -> dict[str, Any]:
        """Return the first and the last date, each read at its end of an index: SQLite would read all for both."""
        field = self.date_hierarchy
        known = self.root_queryset.exclude(**{field: None}).values_list(field, flat=True)
        return {"first": known.order_by(field).first(), "last": known.order_by(f"-{field}").first()}

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_count = len(self.result_list)  # of this page: "select all" never means rows that nobody has counted

    def _periods(self, request: HttpRequest, field: str, kind: str) -> list[date]:
        """Return the years, months or days ("year" ...) from the first to the last row, with rows in them or not.

        Django's own reads every row to leave out those without.
        """
        first, last = self._first_and_last.values()
        if first is None or last is None:
            return []
        begin, end = (timezone.localtime(one).date() if isinstance(one, datetime) else one for one in (first, last))
        year, month = (request.GET.get(f"{field}__{part}", "") for part in ("year", "month"))
        every = (date.fromordinal(day) for day in range(begin.toordinal(), end.toordinal() + 1))
        within = (one for one in every if year in ("", str(one.year)) and month in ("", str(one.month)))
        length = {"year": 4, "month": 7, "day": 10}[kind]
        periods: dict[str, date] = {}
        for one in within:
            periods.setdefault(one.isoformat()[:length], one)
        return list(periods.values())

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
