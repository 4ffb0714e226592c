"""The admin classes, columns and actions that all services share."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from probe.models import Task

from chassis.admin import ModelAdmin, badge_column, money_column
from chassis.choices import choices
from chassis.core.errors import DomainError, Kind
from chassis.staff.models import StaffUser
from chassis.work.models import WorkItem


class NotPossible(DomainError):
    """This one is locked."""

    code = "not_possible"


@pytest.fixture
def page() -> ModelAdmin:
    return ModelAdmin(Task, admin.site)


@pytest.fixture
def request_of(rf, db):
    def made(**data):
        request = rf.post("/", data)
        request.user = StaffUser.objects.create(id=uuid4(), email="ann@souk.test")
        request._messages = CookieStorage(request)
        return request

    return made


def tasks(*names: str) -> list[WorkItem]:
    return [Task.objects.create(name=name) for name in names]


def said(request) -> list[tuple[str, str]]:
    return [(message.level_tag, message.message) for message in get_messages(request)]


def history() -> list[tuple[str, str]]:
    return sorted(LogEntry.objects.values_list("object_repr", "change_message"))


def test_each_row_is_changed_and_attributed_and_the_changes_are_reported_together(page, request_of):
    request, called = request_of(), []
    page.run_for_each(request, tasks("a", "b"), lambda row: called.append(row.name), done="closed", reason="It is old")
    assert called == ["a", "b"]
    assert history() == [("a", "closed: It is old"), ("b", "closed: It is old")]
    assert {entry.user.email for entry in LogEntry.objects.all()} == {"ann@souk.test"}
    assert said(request) == [("success", "2 tasks: closed.")]


def test_a_row_that_is_refused_is_reported_and_the_others_go_on(page, request_of):
    def close(row):
        if row.name == "a":
            raise NotPossible

    request = request_of()
    page.run_for_each(request, tasks("a", "b"), close, done="closed")
    assert history() == [("b", "closed")]
    assert said(request) == [("error", "a: This one is locked."), ("success", "b: closed.")]


def test_a_row_that_needs_no_change_is_not_attributed(page, request_of):
    request = request_of()
    page.run_for_each(request, tasks("a"), lambda row: False, done="closed")
    assert history() == []
    assert said(request) == [("warning", "Nothing to change: 1 of the selection.")]


def test_any_other_error_is_not_hidden(page, request_of):
    def fail(row):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        page.run_for_each(request_of(), tasks("a"), fail, done="closed")
    assert history() == []


def test_a_reason_is_required(page, request_of):
    given, missing = request_of(reason=" It is old "), request_of(reason=" ")
    assert page.reason_given(given) == "It is old"
    assert said(given) == []
    assert page.reason_given(missing) == ""
    assert [level for level, _ in said(missing)] == ["error"]


def test_a_money_column_has_the_decimals_of_its_currency():
    column = money_column("total_amount", "total")
    assert column(None, SimpleNamespace(total_amount=1999, currency="EUR")) == "19.99 EUR"
    assert column(None, SimpleNamespace(total_amount=1999, currency="JPY")) == "1999 JPY"


def test_a_badge_column_reads_the_field_of_a_related_row():
    column = badge_column("review__status", {"published": "success"}, "review is")
    assert column(None, SimpleNamespace(review=SimpleNamespace(status="published"))) == "published"
    assert (column.short_description, column.admin_order_field) == ("review is", "review__status")


def test_labels_of_choices_have_no_underscores():

    assert ("not_found", "not found") in choices(Kind)
