"""Checks of every admin page of a service, which `testkit.project` passes on: look-ups, invalid ids, actions."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.filters import ChoicesFieldListFilter
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import Group, Permission
from django.db.models import Field
from django.test import Client
from django.urls import reverse

from chassis.admin import ModelAdmin

__all__ = [
    "test_a_list_filters_by_what_it_declares",
    "test_a_list_takes_no_look_up_that_it_does_not_declare",
    "test_a_value_that_a_filter_does_not_know_is_refused",
    "test_each_action_is_for_those_who_are_named",
    "test_every_admin_stands_on_the_one_base",
    "test_filters_and_searches_look_at_nothing_that_is_hidden",
    "test_no_page_shows_a_secret",
    "test_objects_and_rows_that_cannot_be_are_refused",
    "test_permission_to_view_does_not_permit_actions",
    "unlogged",
    "who_may",
]

Browser = Callable[..., Client]
SECRETS = re.compile(r"password|secret|token|digest|encoded|envelope|facts|api_?key|payment_method|^method$")
LOOK_UPS = ("__startswith", "", "__regex", "__exact", "__contains", "__gt", "__isnull", "__in", "__isempty")
NONSENSE = ("x", "(", "-1", "10" * 20, "99999999-0000", "é", "x" * 500, "None", "[]", "{}", "*", "a b", "..", "%s")


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Switch logging off: thousands of refused requests take longer to log than to answer."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def who_may() -> dict[str, set[str]]:
    """Override this: the groups permitted for each action, as `{"user.verify": {"support"}}`; superusers have all."""
    return {}


def page(model: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def admins() -> Iterator[tuple[Any, Any]]:
    yield from admin.site._registry.items()


def fields_of(model: Any) -> Iterator[str]:
    """Yield the look-up names of all fields, also of hidden ones and relations, and of the fields behind relations."""
    for field in model._meta.get_fields(include_hidden=True):
        name = field.name if isinstance(field, Field) or not hasattr(field, "related_name") else _reverse(field)
        yield name
        if attname := getattr(field, "attname", ""):
            yield attname
        if field.is_relation and field.related_model is not None:
            yield from (f"{name}__{inner.name}" for inner in field.related_model._meta.get_fields())
    yield "pk"


def _reverse(relation: Any) -> str:
    return str(relation.field.related_query_name() if hasattr(relation, "field") else relation.name)


def declared(listing: Any) -> set[str]:
    """Return the parameters that the filters of a list expect."""
    return {name for spec in listing.filter_specs for name in spec.expected_parameters()}


def test_every_admin_stands_on_the_one_base() -> None:
    assert [model for model, site in admins() if not isinstance(site, ModelAdmin)] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("unlogged")
def test_a_list_takes_no_look_up_that_it_does_not_declare(staff: Browser) -> None:
    browser, wrong = staff(), []
    for model, _ in admins():
        url = page(model, "changelist")
        free = declared(browser.get(url).context["cl"])
        tried = {f"{name}{end}" for name in fields_of(model) for end in (LOOK_UPS[:2] if "__" in name else LOOK_UPS)}
        for name in sorted({*tried, "unknown", "unknown__exact"} - free):
            if (answer := browser.get(url, {name: "a"})).status_code != 400:
                wrong.append(f"{url}?{name}=a: {answer.status_code}")
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.django_db
@pytest.mark.usefixtures("unlogged")
def test_a_list_filters_by_what_it_declares(staff: Browser) -> None:
    browser, wrong = staff(), []
    for model, site in admins():
        url = page(model, "changelist")
        listing = browser.get(url).context["cl"]
        queries = [choice["query_string"] for spec in listing.filter_specs for choice in spec.choices(listing)]
        for part in ("?x__year=2026", "?x__month=2&x__year=2026", "?x__day=2&x__month=2&x__year=2026"):
            queries += [part.replace("x__", f"{site.date_hierarchy}__")] if site.date_hierarchy else []
        last = len(listing.list_display) - 1
        queries += ["?p=1&all=&q=a", f"?o={last}.-{last}", "?o=", "?e=1", "?_facets=True"]
        wrong += [f"{url}{query}" for query in queries if browser.get(f"{url}{query}").status_code != 200]
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.django_db
@pytest.mark.usefixtures("unlogged")
def test_a_value_that_a_filter_does_not_know_is_refused(staff: Browser) -> None:
    """The whole list instead of a part of it would be misleading."""
    browser, wrong = staff(), []
    for model, site in admins():
        url = page(model, "changelist")
        listing = browser.get(url).context["cl"]
        queries = ["p=x", "p=0", "p=-1", "o=x", "o=99", "o=1.x", "p=1&p=2", f"q={'x' * 1000}", "_to_field=unknown"]
        for name in declared(listing):
            if name.endswith(("__isnull", "__isempty")):
                queries += [f"{name}={value}" for value in ("x", "", "2")]
        for spec in listing.filter_specs:
            if isinstance(spec, SimpleListFilter | ChoicesFieldListFilter):
                queries.append(f"{spec.expected_parameters()[0]}=no-such-choice")
        if when := site.date_hierarchy:
            queries += [
                f"{when}__year=99999",
                f"{when}__year=x",
                f"{when}__month=1",
                f"{when}__year=2026&{when}__month=13",
            ]
            queries += [f"{when}__gte=2026-01-01", f"{when}__year=9999&{when}__month=12&{when}__day=31"]
        for query in queries:
            if (answer := browser.get(f"{url}?{query}")).status_code != 400:
                wrong.append(f"{url}?{query[:80]}: {answer.status_code}")
    assert not wrong, "\n".join(wrong[:40])


@pytest.mark.django_db
@pytest.mark.usefixtures("unlogged")
def test_filters_and_searches_look_at_nothing_that_is_hidden(staff: Browser) -> None:
    """A search in a hidden column could reveal its text letter by letter."""
    request = staff().get(reverse("admin:index")).wsgi_request
    wrong = []
    for model, site in admins():
        filters = [one[0] if isinstance(one, tuple | list) else one for one in site.get_list_filter(request)]
        looked_at = [
            *filters,
            *site.get_search_fields(request),
            *([site.date_hierarchy] if site.date_hierarchy else []),
        ]
        for path in (one.lstrip("^=@") for one in looked_at if isinstance(one, str)):
            if path in hidden(model, request) or behind(model, path) in hidden(_far_end(model, path), request):
                wrong.append(f"{model._meta.label}: {path}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_no_page_shows_a_secret(staff: Browser) -> None:
    """Neither a column nor a field of an admin or of its inlines is a secret."""
    request = staff().get(reverse("admin:index")).wsgi_request
    wrong = []
    for model, site in admins():
        pages = [(model, site), *((inline.model, inline) for inline in site.get_inline_instances(request, None))]
        for shown_model, shown_by in pages:
            names = {*flatten_fieldsets(shown_by.get_fieldsets(request, shown_model()))}
            names |= {*getattr(shown_by, "list_display", ()), *shown_by.get_readonly_fields(request, shown_model())}
            wrong += [f"{shown_model._meta.label}.{name}" for name in names if SECRETS.search(str(name))]
    assert not wrong, "\n".join(wrong)


def hidden(model: Any, request: Any) -> set[str]:
    """Return the columns that no page of this model shows; a model without a page is shown by its inline."""
    site: Any = admin.site._registry.get(model)
    if site is None:
        return set()
    shown = {
        *flatten_fieldsets(site.get_fieldsets(request, model())),
        *site.get_list_display(request),
        *site.also_shown,
    }
    return {field.name for field in model._meta.get_fields() if isinstance(field, Field)} - shown - {"id"}


def _far_end(model: Any, path: str) -> Any:
    for part in path.split("__")[:-1]:
        relation = model._meta.get_field(part)
        model = relation.related_model or model
    return model


def behind(model: Any, path: str) -> str:
    return path.rpartition("__")[2] if "__" in path else ""


def kinds_of_staff(staff: Browser) -> dict[str, Client]:
    groups = {name: staff(superuser=False, groups=(name,)) for name in settings.STAFF_GROUPS}
    return {"superuser": staff(), "nobody": staff(superuser=False), **groups}


@pytest.mark.django_db
@pytest.mark.usefixtures("unlogged")
def test_objects_and_rows_that_cannot_be_are_refused(staff: Browser) -> None:
    wrong = []
    for kind, browser in kinds_of_staff(staff).items():
        browser.raise_request_exception = False
        nonsense = NONSENSE if kind == "superuser" else NONSENSE[:2]
        for model, site in admins():
            for text in nonsense:
                for view in ("change", "history", "delete"):
                    answer = browser.get(page(model, view, text))
                    if answer.status_code not in {403, 404} and not _is_that_row(model, text):
                        wrong.append(f"{view} {text} by {kind} of {model._meta.label}: {answer.status_code}")
            for name in (*(name for _, name, _ in site._get_base_actions()), "delete_selected", "unknown"):
                for text in (*nonsense, "\x00"):
                    data = {"action": name, "_selected_action": [text], "index": "0"}
                    answer = browser.post(page(model, "changelist"), data)
                    fine = {302, 400, 403} if _could_be_a_row(model, text) else {400, 403}
                    if answer.status_code not in fine:
                        wrong.append(f"{name} of {text!r} by {kind} of {model._meta.label}: {answer.status_code}")
    assert not wrong, "\n".join(wrong[:40])


def _could_be_a_row(model: Any, text: str) -> bool:
    try:
        model._meta.pk.clean(text, None)
    except Exception:  # any error of the field: it is not a key
        return False
    return "\x00" not in text


def _is_that_row(model: Any, text: str) -> bool:
    return _could_be_a_row(model, text) and bool(model._default_manager.filter(pk=text).exists())


def actions_of(model: Any, site: Any) -> dict[str, str]:
    """Return the address of each action; "" for the actions of the list."""
    found = {name: "" for _, name, _ in site._get_base_actions()}
    for place, args in (("list", ()), ("row", (uuid4(),)), ("detail", (uuid4(),))):
        for one in getattr(site, f"_get_base_actions_{place}")():
            found[one.method.original_function_name] = reverse(f"admin:{one.action_name}", args=args)
    return found


def refused_actions(browser: Client) -> Iterator[tuple[str, bool]]:
    for model, site in admins():
        for name, url in actions_of(model, site).items():
            data = {"action": name, "_selected_action": [str(uuid4())]}
            answer = browser.post(url or page(model, "changelist"), {} if url else data)
            yield f"{model._meta.model_name}.{name}", answer.status_code == 403


@pytest.mark.django_db
@pytest.mark.usefixtures("unlogged")
def test_permission_to_view_does_not_permit_actions(staff: Browser) -> None:
    viewers = Group.objects.create(name="viewers")
    viewers.permissions.set(Permission.objects.filter(codename__startswith="view_"))
    assert [name for name, refused in refused_actions(staff(superuser=False, groups=("viewers",))) if not refused] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("unlogged")
def test_each_action_is_for_those_who_are_named(staff: Browser, who_may: dict[str, set[str]]) -> None:
    found: dict[str, set[str]] = {}
    for group in settings.STAFF_GROUPS:
        for name, refused in refused_actions(staff(superuser=False, groups=(group,))):
            if not refused:
                found.setdefault(name, set()).add(group)
    assert found == who_may, f"may act: {found}"
