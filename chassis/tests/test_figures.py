"""A job computes the figures of the business; a scrape reads the job's result."""

import pytest
from django.test import Client
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from chassis.jobs import figures
from chassis.jobs.models import Figure, Job
from chassis.jobs.tasks import work_out_figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def things(monkeypatch):
    """`things["count"]`: the result of a query over the whole table."""
    found = {"count": 3}

    def families():
        gauge = GaugeMetricFamily("souk_things", 'Things by "color".', labels=["color"])
        gauge.add_metric(['dark "blue"'], found["count"])
        yield gauge
        counter = CounterMetricFamily("souk_things_made", "Things ever made.", labels=["color"])
        counter.add_metric(["red"], found["count"] * 2)
        yield counter

    monkeypatch.setattr(figures, "_declared", [families])
    return found


def scraped(path="/metrics/service"):
    return Client().get(path).content.decode()


def test_a_scrape_tells_what_was_worked_out_last(things):
    assert "souk_things" not in scraped()
    work_out_figures()
    things["count"] = 1_000_000
    assert 'souk_things{color="dark \\"blue\\""} 3.0' in scraped()
    assert "# TYPE souk_things_made_total counter" in scraped()
    assert 'souk_things_made_total{color="red"} 6.0' in scraped()
    assert "souk_things" not in scraped("/metrics/process")
    figures.compute()
    assert 'souk_things_made_total{color="red"} 2e+06' in scraped()


def test_a_figure_that_nobody_declares_any_more_is_told_no_more(things, monkeypatch):
    figures.compute()
    monkeypatch.setattr(figures, "_declared", [])
    figures.compute()
    assert not Figure.objects.exists()


def test_figures_that_cannot_be_worked_out_are_those_of_before_and_the_job_has_failed(things, monkeypatch):
    figures.compute()
    monkeypatch.setattr(figures, "_declared", [lambda: 1 / 0])
    work_out_figures()
    assert "ZeroDivisionError" in Job.objects.get(name="job.work_out_figures").last_error
    assert "souk_things_made_total" in scraped()
