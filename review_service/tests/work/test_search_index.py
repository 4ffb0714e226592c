"""Elasticsearch gets every change a moment later, also after an outage."""

import os
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from chassis.jobs.clock import correct_due_times
from chassis.work import leasing
from reviews import commands, search
from reviews.models import IndexTask, Review
from reviews.search.port import Document, SearchQuery
from reviews.work import search_index
from testkit.jobs import all_jobs
from tests.factories import LINK, written
from tests.search.fakes import FakeIndex

pytestmark = pytest.mark.django_db


@pytest.fixture
def index(settings, monkeypatch):
    """Elasticsearch is switched on, with a fake instead of its adapter and nothing at its address."""
    settings.ELASTICSEARCH_URL = "http://127.0.0.1:9"
    fake = FakeIndex()
    monkeypatch.setattr(search, "elasticsearch_index", lambda: fake)
    monkeypatch.setattr(search, "_unavailable_until", 0.0)
    return fake


def run(index, **later):
    return search_index.index_due_reviews(now=timezone.now() + timedelta(**later), index=index)


def test_without_elasticsearch_no_task_is_written():
    written()
    assert not IndexTask.objects.exists()


def test_a_change_is_told_and_forgotten(index):
    review = written()
    assert run(index) == 1
    assert index.known[review.id].text == review.text
    assert not IndexTask.objects.exists()


def test_a_hidden_review_is_removed_from_the_index(index):
    review = written()
    run(index)
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), text=LINK.text)
    run(index)
    assert not index.known[review.id].shown


def test_many_changes_of_one_review_are_one_task_with_the_last_state(index):
    review = written()
    for stars in (1, 2, 3):
        commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), stars=stars)
    assert run(index) == 1
    assert (index.known[review.id].stars, index.known[review.id].version) == (3, 4)


def test_while_it_is_away_tasks_wait_and_then_are_done(index):
    review = written()
    index.away = True
    assert run(index) == 0
    task = IndexTask.objects.get()
    assert task.attempts == 1
    assert "no answer" in task.error
    assert run(index) == 0  # not yet due again
    index.away = False
    assert run(index, minutes=2) == 1
    assert review.id in index.known


def test_a_document_that_is_refused_postpones_none_of_its_neighbors_and_waits_behind_them(index):
    first, broken, last = written(), written(), written()
    index.unreadable = {broken.id}
    assert run(index) == 2
    assert set(index.known) == {first.id, last.id}
    for minutes in (1, 2, 60):
        run(index, minutes=minutes)
    task = IndexTask.objects.get()
    assert (task.review_id, "mapper_parsing" in task.error) == (broken.id, True)
    assert task.due_at > timezone.now() + timedelta(minutes=60)
    index.unreadable.clear()
    assert run(index, days=1) == 1
    assert broken.id in index.known


def test_the_correction_of_a_clock_that_was_ahead_shortens_no_wait_of_a_refused_document(index):
    broken = written()
    index.unreadable = {broken.id}
    for minutes in range(20):
        run(index, minutes=60 * minutes)
    waits_until = IndexTask.objects.get().due_at
    now = waits_until - timedelta(minutes=50)
    correct_due_times(now=now)
    assert IndexTask.objects.get().due_at == waits_until


def test_a_review_that_changes_while_it_is_sent_stays_due(index):
    review = written()

    def write(documents):
        commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), stars=1)
        FakeIndex.write(index, documents)

    index.write = write
    run(index)
    task = IndexTask.objects.get()
    assert (task.version, task.lease) == (2, None)
    del index.write
    assert run(index) == 1
    assert (index.known[review.id].stars, IndexTask.objects.count()) == (1, 0)


def test_a_review_that_another_run_is_sending_is_not_sent(index):
    written()
    leasing.lease_batch(IndexTask.objects.all(), now=timezone.now(), lasting=search_index.LEASE, limit=9)
    assert run(index) == 0
    assert run(index, minutes=11) == 1  # the other run has died


def test_the_job_sends_what_is_due(index):
    review = written()
    search_index.INDEX_TASKS.run_due(now=timezone.now())
    assert review.id in index.known


def test_there_is_a_job_only_where_elasticsearch_is_configured():
    """As the environment of the process says: the fixture that switches it off comes after the declaration of jobs."""
    assert ("job.index_due_reviews" in all_jobs()) == bool(os.environ.get("ELASTICSEARCH_URL"))


def test_operations_try_a_task_again_before_its_time_or_give_it_up_until_the_next_change(index, staff):
    review = written()
    index.away = True
    run(index)
    index.away = False
    browser, page = staff(superuser=False, groups=["operations"]), reverse("admin:reviews_indextask_changelist")
    chosen = {"_selected_action": [str(review.id)]}
    browser.post(page, {**chosen, "action": "give_up"})
    assert run(index, days=1) == 0
    assert "given up by staff@souk.test" in IndexTask.objects.get().error
    browser.post(page, {**chosen, "action": "try_again"})
    assert run(index) == 1
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), stars=1)
    browser.post(page, {**chosen, "action": "give_up"})
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), stars=2)
    assert run(index) == 1


def test_a_failed_index_fails_no_review(index):
    index.away = True
    assert written().status == "published"


def test_an_index_that_is_gone_is_built_anew(index):
    old = written()
    run(index)
    index.known = None
    new = written()
    run(index)
    assert set(index.known) == {old.id, new.id}


def test_an_elasticsearch_that_came_back_empty_is_healed_without_any_change(index):
    review = written()
    run(index)
    assert search_index.restore_missing_index(now=timezone.now(), index=index) is False
    index.known = None
    assert search_index.restore_missing_index(now=timezone.now(), index=index) is True
    assert review.id in index.known
    index.away = True
    assert search_index.restore_missing_index(now=timezone.now(), index=index) is False


def test_reviews_that_change_during_a_rebuild_are_sent_again(index):
    review = written()
    run(index)
    search_index.rebuild_search(now=timezone.now(), index=index)
    assert IndexTask.objects.get().review_id == review.id


def test_a_task_whose_review_was_erased_takes_it_out(index):
    review = written()
    run(index)
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), text=LINK.text)
    commands.forget_customer(customer_id=review.customer_id, now=timezone.now())
    assert not Review.objects.exists()
    assert run(index) == 1
    assert not index.known[review.id].shown


def test_an_old_writer_does_not_bring_an_old_text_back(index):
    review = written()
    index.write([Document(review_id=review.id, version=9, shown=False)])
    run(index)
    assert not index.known[review.id].shown


def test_while_it_is_away_the_database_answers(index):
    review = written()
    index.away = True
    assert [hit.review_id for hit in search.search(SearchQuery(text="oak")).hits] == [review.id]


def test_after_a_failure_it_is_left_alone_for_a_while(index):
    written()
    index.away = True
    search.search(SearchQuery(text="oak"))
    index.away = False
    assert search.search(SearchQuery(text="oak")).hits[0].version is None  # the database's


def test_old_passages_of_a_changed_review_are_not_shown(index, api):
    review = written(text="It is oak.")
    run(index)
    commands.edit_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now(), text="oak <no> more")
    (found,) = api(None).get("/api/v1/reviews/search/", {"q": "oak"}).json()["results"]
    assert found["text"] == "oak <no> more"
    assert found["highlight"]["text"] == "oak &lt;no&gt; more"


def test_a_rejected_review_is_not_found_even_while_the_index_is_outdated(index, api):
    review = written()
    run(index)
    commands.withdraw_review(review_id=review.id, customer_id=review.customer_id, now=timezone.now())
    assert api(None).get("/api/v1/reviews/search/", {"q": "oak"}).json()["results"] == []


def test_the_real_adapter_says_when_nothing_answers(settings, monkeypatch, api):
    pytest.importorskip("django_elasticsearch_dsl")
    settings.ELASTICSEARCH_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(search, "_unavailable_until", 0.0)
    review = written()
    answer = api(None).get("/api/v1/reviews/search/", {"q": "oak"})
    assert [found["id"] for found in answer.json()["results"]] == [str(review.id)]
    assert search_index.index_due_reviews(now=timezone.now(), index=search.elasticsearch_index()) == 0
    assert IndexTask.objects.get().attempts == 1
    with pytest.raises(CommandError, match="does not answer"):
        call_command("rebuild_search")
