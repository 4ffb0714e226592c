"""The cursor pages of all services' lists."""

import pytest
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from chassis.http.api import Pages
from chassis.jobs.models import Job

pytestmark = pytest.mark.django_db


class JobPages(Pages):
    page_size = 2
    ordering = ("name",)


@pytest.fixture(autouse=True)
def five_jobs():
    Job.objects.all().delete()
    Job.objects.bulk_create(Job(name=f"job-{number}") for number in range(5))


def page(address, **asked):
    """Return the names on the page and the address of the next page."""
    pages = JobPages()
    rows = pages.paginate_queryset(Job.objects.all(), Request(APIRequestFactory().get(address, asked)))
    return [row.name for row in rows], pages.get_next_link()


def test_a_list_is_read_to_its_end_with_any_page_size():
    first, following = page("/jobs/", kind="a")
    second, following = page(following)
    third, end = page(following.replace("cursor", "page_size=100&cursor"))
    assert (first + second + third, end) == ([f"job-{number}" for number in range(5)], None)


@pytest.mark.parametrize(("address", "asked"), [("/jobs/", {}), ("/jobs/", {"kind": "b"}), ("/others/", {"kind": "a"})])
def test_a_cursor_of_another_list_is_refused(address, asked):
    _, following = page("/jobs/", kind="a")
    cursor = following.partition("cursor=")[2].partition("&")[0].replace("%3D", "=")
    assert page("/jobs/", kind="a", cursor=cursor)[0] == ["job-2", "job-3"]
    with pytest.raises(ValidationError, match="another order"):
        page(address, **asked, cursor=cursor)


@pytest.mark.parametrize("cursor", ["x", "nonsense.", "cD0x", "é"])
def test_a_cursor_that_nobody_gave_out_is_refused(cursor):
    with pytest.raises((NotFound, ValidationError)):
        page("/jobs/", cursor=cursor)
