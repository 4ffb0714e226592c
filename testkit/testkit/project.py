"""Checks that every service's project must pass: `from testkit.project import *  # noqa: F403`.

Needs `settings.BASE_DIR` to be the project's folder, with `.env.example` in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.permissions import SAFE_METHODS

from chassis.inbox.receiver import handler_table
from chassis.jobs import clock
from chassis.jobs.models import FailedRow, Job
from chassis.outbox.models import OutboxMessage
from chassis.outbox.relay import Relay
from chassis.revocation import SessionsEnded
from testkit import admins, growth, plans, sign_ons, work_tables
from testkit.admins import *  # noqa: F403
from testkit.costs import dear_statements
from testkit.growth import *  # noqa: F403
from testkit.jobs import all_jobs
from testkit.many_rows import fill
from testkit.operations import encoded, operations
from testkit.sign_ons import *  # noqa: F403
from testkit.work_tables import *  # noqa: F403

__all__ = [  # noqa: PLE0604
    *admins.__all__,
    *growth.__all__,
    *sign_ons.__all__,
    *work_tables.__all__,
    "deadlines",
    "test_a_scrape_looks_into_no_table_of_the_business",
    "test_a_failing_or_late_job_is_shown_in_the_admin_in_health_and_in_metrics",
    "test_a_session_that_has_ended_changes_nothing",
    "test_a_visitor_is_sent_to_the_sign_in_page",
    "test_declared_indexes_are_in_the_database",
    "test_env_example_names_what_the_settings_read",
    "test_every_admin_page_opens",
    "test_generated_rows_are_listed_and_refused_in_production",
    "test_every_time_that_work_waits_for_is_brought_back_after_a_clock_was_ahead",
    "row_values",
    "test_lists_and_jobs_find_what_they_want_by_an_index",
    "test_lists_and_jobs_look_at_no_more_rows_than_they_need",
    "test_migrations_are_complete",
    "test_ready_says_yes",
    "test_staff_without_rights_see_no_data",
    "test_the_api_schema_is_valid",
    "unmeasured",
]


@pytest.mark.django_db
def test_every_admin_page_opens(staff: Callable[..., Client]) -> None:
    browser = staff()
    assert browser.get(reverse("admin:index")).status_code == 200
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listing = browser.get(reverse(f"{name}_changelist"))
        assert listing.status_code == 200, f"{name}: list"
        assert browser.get(reverse(f"{name}_changelist"), {"q": "a"}).status_code == 200, f"{name}: search"
        if model_admin.has_add_permission(listing.wsgi_request):
            assert browser.get(reverse(f"{name}_add")).status_code == 200, f"{name}: add"


@pytest.mark.django_db
def test_a_failing_or_late_job_is_shown_in_the_admin_in_health_and_in_metrics(staff: Callable[..., Client]) -> None:
    browser, now = staff(), timezone.now()
    Job.objects.create(name="job.good", due_at=now)
    assert "need attention" not in browser.get(reverse("admin:index")).content.decode()
    Job.objects.create(name="job.bad", due_at=now, failures=3, last_error="broken")
    Job.objects.create(name="job.late", due_at=now - timedelta(hours=1))
    for page in (reverse("admin:index"), reverse("admin:jobs_job_changelist")):
        assert "2 jobs need attention" in browser.get(page).content.decode()
    health = Client().get("/health/ready")
    assert (health.status_code, "job.bad, job.late" in health.json()["checks"]["jobs"]) == (200, True)
    metrics = Client().get("/metrics").content.decode()
    assert 'souk_job_failing{job="job.bad"} 1.0' in metrics
    assert 'souk_job_failing{job="job.good"} 0.0' in metrics
    assert re.search(r'souk_job_late_seconds{job="job.late"} 3[67]\d\d\.', metrics)


@pytest.mark.django_db
def test_a_scrape_looks_into_no_table_of_the_business() -> None:
    """So a scrape costs the same for any number of orders; see `chassis.jobs.figures`."""
    if connection.vendor == "mongodb":
        pytest.skip("only on an engine that is asked in SQL")
    for path, allowed in (("/metrics/process", set()), ("/metrics/service", {"outbox", "inbox", "jobs"})):
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(path).status_code == 200
        tables = set(re.findall(r"(?:FROM|JOIN) [`\"]?(\w+)", " ".join(each["sql"] for each in captured)))
        assert {table.partition("_")[0] for table in tables} == allowed, (path, tables)


@pytest.mark.django_db
def test_a_visitor_is_sent_to_the_sign_in_page() -> None:
    answer = Client().get(reverse("admin:index"), follow=False)
    assert answer.status_code == 302
    assert "login" in answer["Location"]


@pytest.mark.django_db
def test_a_session_that_has_ended_changes_nothing(api: Callable[..., Any], deliver: Callable[..., Any]) -> None:
    """Its token has not expired yet. The service that owns the sessions does not know this id either."""
    session_id = uuid4()
    client = api(sid=str(session_id))
    if told := [type_ for type_, handler in handler_table().items() if handler.shape is SessionsEnded]:
        deliver(told[0], {"session_ids": [session_id], "ended_at": timezone.now()}, subject=uuid4())
    for one in operations({}):
        if one.takes_token and one.method not in SAFE_METHODS:
            answer = client.generic(one.method, one.url({}), encoded(one.body), content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (401, "session_ended"), one.name
            assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.django_db
def test_staff_without_rights_see_no_data(staff: Callable[..., Client]) -> None:
    browser = staff(superuser=False)
    for model in admin.site._registry:
        answer = browser.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        assert answer.status_code == 403, model


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.django_db
def test_declared_indexes_are_in_the_database() -> None:
    assert plans.missing_indexes() == []


class Nowhere:
    """A sink that accepts every message."""

    def send_all(self, messages: Sequence[OutboxMessage]) -> Iterator[tuple[OutboxMessage, None]]:
        yield from ((message, None) for message in messages)

    def check(self) -> bool:
        return True

    def introduce(self, *, missed_since: datetime) -> None:
        return None


@pytest.fixture
def row_values() -> Mapping[str, Mapping[str, Any]]:
    """Override this: what the generated rows of a table must have, as `{"orders.order": {"units": 1}}`.

    A table without any values (`{}`) stays small.
    """
    return {}


@pytest.fixture
def unmeasured() -> set[str]:
    """Override this: jobs that find a fault in every generated row, as `{"job.recount_ratings"}`."""
    return set()


@pytest.mark.django_db
def test_lists_and_jobs_look_at_no_more_rows_than_they_need(
    api: Callable[..., Any],
    staff: Callable[..., Client],
    customer_id: UUID,
    row_values: Mapping[str, Mapping[str, Any]],
    unmeasured: set[str],
) -> None:
    """A statement that reads or sorts a whole table is quick until the shop has customers."""
    if connection.vendor != "sqlite":
        pytest.skip("only on an engine that reads no small table whole although it has an index")
    few = {label for label, row in row_values.items() if not row}
    fill(values=row_values, few=few)
    wrong = []
    for one in operations({}):
        if one.method == "GET" and not one.parameters["path"]:
            for client in (api(), staff()):
                wrong += dear_statements(partial(client.get, one.path, {"q": "table"}), one.path)
    for model, queries in admin_lists(staff()):
        for query in queries:
            url = admins.page(model, "changelist")
            # A filter by a value that no row has reads a list to its end.
            name = f"{model._meta.label} {query}"
            wrong += dear_statements(partial(staff().get, f"{url}{query}"), name, empty=not query)
    for name, job in all_jobs().items():
        # The figures count all rows, once a minute; see `chassis.jobs.figures`.
        if name not in unmeasured | {"job.work_out_figures"}:
            wrong += dear_statements(job, name)
    OutboxMessage.objects.filter(held_until__lte=timezone.now()).delete()  # of the jobs
    wrong += dear_statements(Relay([Nowhere()]).once, "relay")
    assert not wrong, "\n".join(sorted(set(wrong)))


@pytest.mark.django_db
def test_lists_and_jobs_find_what_they_want_by_an_index(api: Callable[..., Any], staff: Callable[..., Client]) -> None:
    """The plans of the engines that the test above leaves out, on empty tables."""
    if connection.vendor in {"sqlite", "mongodb"}:
        pytest.skip("only on an engine that explains which index it would use")
    wrong = []
    for one in operations({}):
        if one.method == "GET" and not one.parameters["path"]:
            for client in (api(), staff()):
                wrong += plans.tables_read_whole(partial(client.get, one.path, {"q": "table"}))
    for job in all_jobs().values():
        wrong += plans.tables_read_whole(job)
    wrong += plans.tables_read_whole(Relay([Nowhere()]).once)
    assert not wrong, "\n".join(sorted(set(wrong)))


@pytest.mark.django_db
def test_generated_rows_are_listed_and_refused_in_production(settings: Any, staff: Callable[..., Client]) -> None:
    for name, app in get_commands().items():
        if name.startswith("seed_") and app == settings.SERVICE_NAME:
            command: Any = load_command_class(app, name)
            option = f"--{command.what}"
            call_command(name, option, "30")
            call_command(name, option, "20")
            settings.PRODUCTION = True
            with pytest.raises(CommandError, match="development"):
                call_command(name, option, "1")
    for model, _ in admins.admins():
        assert staff().get(admins.page(model, "changelist")).status_code == 200


def admin_lists(browser: Client) -> Iterator[tuple[Any, list[str]]]:
    """Yield each model with the lists of its admin: as it opens, and by the first choices of each filter."""
    for model, _ in admins.admins():
        listing = browser.get(admins.page(model, "changelist")).context["cl"]
        chosen = [
            choice["query_string"] for spec in listing.filter_specs for choice in list(spec.choices(listing))[1:3]
        ]
        yield model, ["", *chosen]


@pytest.fixture
def deadlines() -> set[str]:
    """Override this: fields that are named like a next try but are promises to people, as `{"order.due_at"}`."""
    return set()


#: Names of fields with the time of the next try, and models whose jobs handle a wrong clock themselves.
_WAITS = {"due_at", "leased_until", "held_until", "next_try_at", "ask_again_at"}
_MIND_THE_CLOCK = {Job, FailedRow}


@pytest.mark.django_db
def test_every_time_that_work_waits_for_is_brought_back_after_a_clock_was_ahead(deadlines: set[str]) -> None:
    """Otherwise the work waits until the clock has caught up. See `chassis.jobs.limit_due_time`."""
    all_jobs()
    minded = {f"{limit.rows().model._meta.model_name}.{limit.field}" for limit in clock.declared()}
    waiting = {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.name in _WAITS and model not in _MIND_THE_CLOCK
    }
    assert waiting - minded - deadlines == set()


def test_env_example_names_what_the_settings_read() -> None:
    read = import_module(os.environ["DJANGO_SETTINGS_MODULE"]).env.read
    text = (Path(settings.BASE_DIR) / ".env.example").read_text()
    named = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    assert named == read


@pytest.mark.django_db
def test_the_api_schema_is_valid() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


@pytest.mark.django_db
def test_ready_says_yes() -> None:
    answer = Client().get("/health/ready")
    assert answer.status_code == 200, answer.content


def queries_of(connection: Any, call: Callable[[], Any]) -> int:
    """How many statements `call` makes."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)
