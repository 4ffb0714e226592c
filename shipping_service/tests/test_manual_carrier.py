"""A shop without a carrier's account gets a slip for each parcel and makes no network call."""

import pytest

from shipping import models, providers
from tests.factories import create_message, make_calls

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _manual(settings):
    settings.CARRIER_PROVIDER = "manual"
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    providers.named.cache_clear()
    yield
    providers.named.cache_clear()


def test_a_parcel_gets_a_slip_at_once(deliver, outbox):
    message = create_message()
    deliver("shipment.create.v1", message)
    make_calls()
    created = outbox.one("shipment.created.v1")
    assert created["order_id"] == message["order_id"]
    slip = models.Label.objects.get()
    assert slip.media_type == "text/plain"
    assert message["lines"][0]["sku"] in bytes(slip.document).decode()
    assert models.CarrierCall.objects.get().state == "succeeded"


def test_it_is_canceled_without_asking_anybody(deliver, outbox):
    message = create_message()
    deliver("shipment.create.v1", message)
    make_calls()
    deliver("shipment.cancel.v1", {"order_id": message["order_id"]})
    make_calls(minutes_later=1)
    assert outbox.one("shipment.canceled.v1")["order_id"] == message["order_id"]


def test_a_former_secret_key_still_opens_the_mailed_label(settings):
    from django.core.signing import TimestampSigner

    settings.SECRET_KEY = "former" * 10
    link = TimestampSigner(salt="shipping.return_label").sign("x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["former" * 10]
    assert TimestampSigner(salt="shipping.return_label").unsign(link) == "x"
