"""Idempotency-Key: a request is carried out once, and every repetition gets the same response."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from probe.models import Effect

from chassis.idempotency.models import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/effects/"


def post(client, key="key-1", name="lamp"):
    return client.post(PATH, {"name": name}, headers={"Idempotency-Key": key})


def test_the_same_request_twice_is_carried_out_once_and_answered_the_same(api):
    first, second = post(api()), post(api())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Effect.objects.count() == 1


def test_without_a_key_nothing_is_done(api):
    answer = api().post(PATH, {"name": "lamp"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Effect.objects.exists()


def test_the_key_with_another_body_is_refused(api):
    post(api())
    answer = post(api(), name="carpet")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Effect.objects.count() == 1


def test_the_keys_of_two_callers_do_not_meet(api, customer_id):
    from uuid import uuid4

    assert post(api()).status_code == 201
    assert post(api(uuid4()), name="carpet").status_code == 201


def test_a_refused_request_is_not_stored_as_done(api):
    for _ in range(2):
        answer = post(api(), name="refused")
        assert (answer.status_code, answer.json()["code"]) == (409, "effect_refused")
    assert not Effect.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_a_crash_leaves_neither_effect_nor_answer(api):
    assert post(api(), name="broken").status_code == 500
    assert not Effect.objects.exists()
    assert not IdempotencyKey.objects.exists()


def running(api):
    post(api())
    Effect.objects.all().delete()
    IdempotencyKey.objects.update(status=None, body="", claimed_until=timezone.now() + timedelta(seconds=30))


def test_while_it_runs_the_same_request_is_told_to_wait(api):
    running(api)
    answer = post(api())
    assert (answer.status_code, answer.json()["code"]) == (409, "request_still_running")
    assert not Effect.objects.exists()


def test_a_claim_whose_process_died_can_be_taken_over(api):
    running(api)
    IdempotencyKey.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert post(api()).status_code == 201
    assert Effect.objects.count() == 1


def test_many_at_once_make_one_effect_and_one_answer(api):
    answers = []

    def shoot():
        try:
            answers.append(post(api()))
        finally:
            connection.close()

    threads = [threading.Thread(target=shoot) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Effect.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
