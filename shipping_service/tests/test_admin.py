"""The admin of shipments, calls and rates."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from shipping import models
from shipping.domain.carrier_call import CallState
from testkit.jobs import all_jobs
from tests.factories import ADDRESS, create_message, make_calls, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(deliver, courier):
    order = create_message(address={**ADDRESS, "postal_code": "00000"})
    deliver("shipment.create.v1", order)
    make_calls()
    models.Shipment.objects.update(address=ADDRESS)
    return order


def act(browser, model, action, *rows):
    url = reverse(f"admin:shipping_{model}_changelist")
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return browser.post(url, data, follow=True)


def test_a_shipment_is_shown_with_its_timeline_and_its_calls(staff, refused, courier):
    text = staff().get(reverse("admin:shipping_shipment_change", args=[row(refused).id])).content.decode()
    assert "address_unknown" in text
    assert "S-100042" in text


@pytest.mark.parametrize("group", [None, "operations"])
def test_staff_try_a_refused_parcel_again_and_it_is_written_down(staff, refused, courier, outbox, group):
    browser = staff() if group is None else staff(superuser=False, groups=[group])
    act(browser, "carriercall", "try_again", row(refused).calls.get())
    make_calls()
    assert outbox.types() == ["shipment.failed.v1", "shipment.created.v1"]
    assert LogEntry.objects.get().change_message == "sent to the carrier again"


def test_support_may_look_but_not_retry(staff, refused, courier):
    act(staff(superuser=False, groups=["support"]), "carriercall", "try_again", row(refused).calls.get())
    assert row(refused).calls.get().state == CallState.REFUSED
    assert not LogEntry.objects.exists()


def test_operations_give_up_a_call_with_a_reason(staff, deliver, courier, outbox):
    order = create_message()
    deliver("shipment.create.v1", order)
    browser, call = staff(superuser=False, groups=["operations"]), row(order).calls.get()
    for reason in ("", "no such street"):
        data = {"action": "give_up", "_selected_action": [str(call.pk)], "reason": reason}
        browser.post(reverse("admin:shipping_carriercall_changelist"), data)
        call.refresh_from_db()
        assert bool(call.stopped_at) == bool(reason)
    make_calls()
    assert outbox.one("shipment.failed.v1")["message"] == "no such street"


def test_a_retry_that_makes_no_sense_is_said_so(staff, deliver, courier):
    order = create_message()
    deliver("shipment.create.v1", order)
    make_calls()
    answer = act(staff(), "carriercall", "try_again", row(order).calls.get())
    assert "Only a shipment that the carrier refused" in answer.content.decode()


def test_a_rate_table_is_copied_changed_and_put_in_force(staff, rates):
    browser = staff()
    act(browser, "ratetable", "copy_as_draft", models.RateTable.objects.get())
    draft = models.RateTable.objects.get(valid_from=None)
    assert draft.rates.count() == models.Rate.objects.count() / 2
    act(browser, "ratetable", "publish", draft)
    draft.refresh_from_db()
    assert draft.valid_from is not None
    listing = browser.get(reverse("admin:shipping_rate_changelist"), {"table__id__exact": str(draft.id)})
    assert listing.context["cl"].queryset.count() == draft.rates.count()
    assert browser.get(reverse("admin:shipping_zone_change", args=[models.Zone.objects.first().id])).status_code == 200


def test_metrics_count_shipments_by_state(client, refused, courier):
    all_jobs()["job.work_out_figures"]()
    text = client.get("/metrics").content.decode()
    assert 'souk_shipments{direction="outbound",status="failed"} 1.0' in text
