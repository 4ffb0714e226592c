"""The copy of a customer's own data from all services."""

import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from chassis.seals import Seal, derived_key
from tests.factories import a_user, an_address
from users.commands import exports
from users.commands.profile import delete_account
from users.domain.personal_data import EXPORT_KEPT
from users.models import DataExport, ExportPart

pytestmark = pytest.mark.django_db
EXPORTS = "/api/v1/users/me/exports/"
SERVICES = tuple(settings.PERSONAL_DATA_SERVICES)


def a_part(export, service, *, part=1, parts=1, rows=("a row",), **changed):
    document = json.dumps({"section": list(rows)})
    about = {"export_id": export.id, "user_id": export.user_id, "service": service}
    return {**about, "part": part, "parts": parts, "document": document, **changed}


@pytest.fixture
def asked(signed_in, user):
    client = signed_in(user)
    answer = client.post(EXPORTS)
    assert answer.status_code == 202
    client.export = DataExport.objects.get(id=answer.json()["id"])
    client.one = answer["Location"]
    return client


@pytest.fixture
def ready(asked, deliver):
    for service in SERVICES:
        deliver("export.contribute.v1", a_part(asked.export, service), times=2)
    return asked


def test_every_service_is_asked_and_the_export_says_who_is_waited_for(asked, outbox, user):
    told = {"export_id": str(asked.export.id), "user_id": str(user.id)}
    assert outbox.one("personal_data.export_requested.v1") == told
    body = asked.get(asked.one).json()
    assert (body["status"], body["waits_for"]) == ("gathering", sorted(SERVICES))
    assert asked.get(f"{asked.one}download/").json()["code"] == "export_not_ready"


def test_when_all_have_contributed_it_can_be_downloaded_and_is_in_nobodys_cache(ready):
    assert ready.get(ready.one).json()["status"] == "ready"
    answer = ready.get(f"{ready.one}download/")
    assert answer.json() == {service: {"section": ["a row"]} for service in sorted(SERVICES)}
    assert "attachment" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "private, no-store"


def test_parts_come_in_any_order(asked, deliver):
    for service in SERVICES[:-1]:
        deliver("export.contribute.v1", a_part(asked.export, service))
    for part in (3, 1):
        deliver("export.contribute.v1", a_part(asked.export, "reviews", part=part, parts=3, rows=[part]))
    assert asked.get(asked.one).json()["waits_for"] == ["reviews"]
    deliver("export.contribute.v1", a_part(asked.export, "reviews", part=2, parts=3, rows=[2]))
    assert asked.get(f"{asked.one}download/").json()["reviews"] == {"section": [1, 2, 3]}


def test_a_service_that_was_away_is_asked_again(asked, deliver, outbox):
    for service in SERVICES[:-1]:
        deliver("export.contribute.v1", a_part(asked.export, service))
    outbox.clear()
    exports.repeat_export_requests(now=timezone.now() + timedelta(minutes=6))
    assert outbox.types() == ["personal_data.export_requested.v1"]
    deliver("export.contribute.v1", a_part(asked.export, "reviews"))
    outbox.clear()
    exports.repeat_export_requests(now=timezone.now() + timedelta(days=2))
    assert outbox.types() == []


def test_an_answer_with_fewer_parts_replaces_the_one_before(asked, deliver):
    for service in SERVICES[:-1]:
        deliver("export.contribute.v1", a_part(asked.export, service))
    deliver("export.contribute.v1", a_part(asked.export, "reviews", part=2, parts=2))
    deliver("export.contribute.v1", a_part(asked.export, "reviews", rows=["now"]))
    assert asked.get(f"{asked.one}download/").json()["reviews"] == {"section": ["now"]}


@pytest.mark.django_db(transaction=True)
def test_when_all_contribute_at_once_it_is_ready(asked):
    start = threading.Barrier(len(SERVICES))

    def contribute(service):
        start.wait()
        try:
            exports.record_contribution(**a_part(asked.export, service), now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=contribute, args=[service]) for service in SERVICES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked.get(asked.one).json()["status"] == "ready"


def test_nobody_elses_export_is_seen_or_filled(ready, signed_in, deliver):
    other = signed_in(a_user())
    for path in (ready.one, f"{ready.one}download/"):
        assert other.get(path).status_code == 404
    assert other.get(EXPORTS).json() == []
    deliver("export.contribute.v1", a_part(ready.export, "reviews", user_id=uuid4(), rows=["not mine"]))
    assert "not mine" not in ready.get(f"{ready.one}download/").content.decode()


def test_a_contribution_to_another_persons_export_is_ignored(asked, deliver):
    deliver("export.contribute.v1", a_part(asked.export, "reviews", user_id=uuid4()))
    assert not ExportPart.objects.exists()


def test_asked_twice_at_once_it_is_the_same_and_a_few_a_day_are_enough(asked, deliver, outbox):
    assert asked.post(EXPORTS).json()["id"] == str(asked.export.id)
    for _ in range(2):
        DataExport.objects.update(ready_at=timezone.now(), ask_again_at=None)
        assert asked.post(EXPORTS).status_code == 202
    DataExport.objects.update(ready_at=timezone.now(), ask_again_at=None)
    answer = asked.post(EXPORTS)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_exports")
    assert len(outbox.data("personal_data.export_requested.v1")) == 3


def test_nothing_of_it_can_be_read_in_the_table(asked, deliver):
    deliver("export.contribute.v1", a_part(asked.export, "orders", rows=["Hauptstr. 1"]))
    assert "Hauptstr" not in ExportPart.objects.get().sealed


def test_with_another_key_it_is_asked_for_anew(ready, settings):
    settings.EXPORT_SEAL = Seal([derived_key("another", "exports")], name="x")
    assert ready.get(f"{ready.one}download/").json()["code"] == "export_expired"


def test_an_export_expires(ready):
    exports.delete_expired_exports(now=timezone.now() + EXPORT_KEPT - timedelta(hours=1))
    assert ready.get(ready.one).status_code == 200
    exports.delete_expired_exports(now=timezone.now() + EXPORT_KEPT + timedelta(hours=1))
    assert not DataExport.objects.exists()
    assert not ExportPart.objects.exists()
    assert ready.get(ready.one).status_code == 404


def test_this_service_contributes_the_account_and_its_addresses_and_no_password(asked, deliver, outbox, user):
    an_address(user)
    deliver("personal_data.export_requested.v1", {"export_id": asked.export.id, "user_id": user.id})
    document = json.loads(outbox.one("export.contribute.v1")["document"])
    assert document["account"][0]["email"] == user.email
    assert len(document["addresses"]) == 1
    assert "password" not in json.dumps(document)


def test_a_deleted_account_takes_its_exports_with_it(ready, user):
    delete_account(user_id=user.id, now=timezone.now())
    assert not DataExport.objects.exists()
    assert not ExportPart.objects.exists()


def test_without_a_token_there_is_nothing(visitor):
    assert visitor.post(EXPORTS).status_code == 401
