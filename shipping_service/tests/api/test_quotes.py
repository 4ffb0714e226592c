"""Signed quotes: their content, and the refusal of forged ones."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from chassis.jwt import QUOTE, InvalidToken, KeySet, verify
from shipping import commands, models
from shipping.domain import quote
from shipping.repository import signing_keys
from testkit.project import queries_of
from testkit.tokens import signing_key
from tests.factories import weigh

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

URL = "/api/v1/shipping/quotes/"


def asked(country="FR", postal_code="75002", **given):
    lines = [{"sku": "MUG", "quantity": 2}, {"sku": "BOWL", "quantity": 1}]
    return {"address": {"country": country, "postal_code": postal_code}, "lines": lines, **given}


@pytest.fixture
def published(api, tmp_path):
    """Return the published keys as the checkout reads them."""

    def fetch():
        (tmp_path / "jwks.json").write_text(json.dumps(api(None).get("/api/v1/shipping/jwks.json").json()))
        return KeySet((tmp_path / "jwks.json").as_uri(), min_interval=0)

    return fetch


@pytest.fixture(autouse=True)
def _weights():
    weigh(MUG=350, BOWL=600)


def check(token, keys):
    return verify(token, keys=keys, token_type=QUOTE, issuer="souk-shipping", audience="souk-orders")


def test_every_service_to_the_country_is_quoted_cheapest_first(api):
    options = api().post(URL, asked()).json()
    assert [(o["carrier"], o["service"], o["price"]["amount"]) for o in options] == [
        ("swift", "economy", 1290),
        ("souk-post", "standard", 1490),
        ("souk-post", "express", 2790),
        ("swift", "next_day", 3990),
    ]
    assert options[0]["delivery_days"] == 7
    assert options[0]["price"]["currency"] == "EUR"


def test_a_quote_says_what_the_checkout_needs(api, customer_id, published):
    option = api().post(URL, asked(country="FR")).json()[0]
    claims = check(option["quote"], published())
    assert claims["sub"] == str(customer_id)
    assert claims["lines"] == [["BOWL", 1], ["MUG", 2]]
    assert (claims["country"], claims["postal_code"]) == ("FR", "75002")
    assert (claims["carrier"], claims["service"]) == ("swift", "economy")
    assert claims["price"] == {"amount": 1290, "currency": "EUR"}
    assert (claims["weight_grams"], claims["delivery_days"]) == (1300, 7)
    assert claims["exp"] - claims["iat"] == pytest.approx(1800, abs=1)


def test_a_sku_that_stands_twice_counts_together(api, published):
    lines = [{"sku": "MUG", "quantity": 1}, {"sku": "MUG", "quantity": 2}]
    claims = check(api().post(URL, asked(lines=lines)).json()[0]["quote"], published())
    assert claims["lines"] == [["MUG", 3]]


def test_a_tampered_quote_is_no_quote(api, published):
    cheap, dear = api().post(URL, asked()).json()[0]["quote"], api().post(URL, asked()).json()[3]["quote"]
    head, _, signature = dear.split(".")
    with pytest.raises(InvalidToken):
        check(f"{head}.{cheap.split('.')[1]}.{signature}", published())


def test_a_quote_signed_by_anybody_else_is_no_quote(api, published):
    claims = jwt.decode(api().post(URL, asked()).json()[0]["quote"], options={"verify_signature": False})
    kid = signing_keys.public_keys()[0]["kid"]
    forged = jwt.encode(claims, signing_key(), algorithm="ES256", headers={"kid": kid, "typ": QUOTE})
    with pytest.raises(InvalidToken):
        check(forged, published())


def test_a_quote_expires(published):
    models.RateTable.objects.update(valid_from=timezone.now() - timedelta(days=1))
    request = quote.Request(customer_id=uuid4(), country="FR", postal_code="75002", quantities={"MUG": 1})
    old, fresh = (commands.issue_quotes(request=request, now=timezone.now() - timedelta(minutes=m))[0] for m in (31, 0))
    assert check(fresh.quote, published())
    with pytest.raises(InvalidToken):
        check(old.quote, published())


def test_a_quote_is_no_access_token(api):
    token = api().post(URL, asked()).json()[0]["quote"]
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.post(URL, asked()).status_code == 401


def test_quotes_need_a_customer(api, staff):
    assert api(None).post(URL, asked()).status_code == 401
    assert staff().post(URL, asked(), content_type="application/json").status_code == 403


def test_a_country_that_is_not_served_is_said_so(api):
    answer = api().post(URL, asked(country="AQ", postal_code=""))
    assert answer.status_code == 422
    assert answer.json()["code"] == "destination_not_served"


@pytest.mark.parametrize(
    ("country", "postal_code"), [("AT", "99"), ("FR", ""), ("US", "ABCDE"), ("HK", "999077"), ("XX", "1")]
)
def test_a_place_that_breaks_the_rules_of_its_country_is_refused_by_name(api, country, postal_code):
    answer = api().post(URL, asked(country=country, postal_code=postal_code))
    field = "address.country" if country == "XX" else "address.postal_code"
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [field])


def test_a_parcel_that_is_too_heavy_is_said_so(api):
    answer = api().post(URL, asked(lines=[{"sku": "MUG", "quantity": 1000}]))
    assert answer.json()["code"] == "parcel_too_heavy"
    assert answer.json()["max_weight_grams"] == 31_500


def test_goods_without_a_weight_are_said_so_before_they_are_paid(api):
    weigh(CARD=0)
    answer = api().post(URL, asked(lines=[{"sku": "CARD", "quantity": 1}]))
    assert (answer.status_code, answer.json()["code"], answer.json()["skus"]) == (422, "weight_missing", ["CARD"])


def test_a_product_that_is_not_known_is_named(api):
    answer = api().post(URL, asked(lines=[{"sku": "GHOST", "quantity": 1}]))
    assert (answer.status_code, answer.json()["code"]) == (422, "product_not_known")
    assert answer.json()["skus"] == ["GHOST"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        "text",
        {},
        asked(lines=[]),
        asked(lines={}),
        asked(lines=[{"sku": "MUG", "quantity": 0}]),
        asked(lines=[{"sku": "MUG", "quantity": 10**30}]),
        asked(lines=[{"sku": "MUG", "quantity": "many"}]),
        asked(lines=[{"sku": "M\0G", "quantity": 1}]),
        asked(lines=[{"sku": "x" * 65, "quantity": 1}]),
        asked(lines=[{"sku": {}, "quantity": 1}]),
        asked(lines=[{"sku": "MUG", "quantity": 1}] * 101),
        asked(lines=[{"sku": "MUG", "quantity": 1, "price": 1}]),
        asked(country="F1"),
        asked(country="FRA"),
        asked(country="ﬀ"),
        asked(address=["FR"]),
        asked(price=1),
    ],
)
def test_bad_input_is_a_problem_document(api, body):
    answer = api().post(URL, body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "invalid_input"


def test_two_statements_whatever_the_number_of_lines(api):
    client = api()
    weigh(**{f"S{n}": 10 for n in range(50)})
    many = asked(lines=[{"sku": f"S{n}", "quantity": 1} for n in range(50)])
    client.post(URL, asked())  # the check of the session is cached for two seconds
    assert queries_of(connection, lambda: client.post(URL, asked())) == 2
    assert queries_of(connection, lambda: client.post(URL, many)) == 2


def test_a_rotated_key_signs_and_quotes_of_the_one_before_stay_good(api, published):
    before = api().post(URL, asked()).json()[0]["quote"]
    call_command("rotate_quote_key", verbosity=0)
    after = api().post(URL, asked()).json()[0]["quote"]
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert check(before, published())
    assert check(after, published())
    call_command("rotate_quote_key", verbosity=0)
    with pytest.raises(InvalidToken):
        check(before, published())


def test_the_published_keys_are_public_only(api):
    answer = api(None).get("/api/v1/shipping/jwks.json")
    assert answer["Cache-Control"] == "public, max-age=60"
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x", "y"}


def test_the_key_file_is_for_its_owner_only(api, settings):
    from pathlib import Path

    api().post(URL, asked())
    assert Path(settings.QUOTE_SIGNING_KEY_FILE).stat().st_mode & 0o077 == 0


def test_a_given_key_that_is_missing_is_not_made_up(settings):
    settings.QUOTE_SIGNING_KEY_IS_GIVEN = True
    with pytest.raises(ImproperlyConfigured):
        signing_keys.public_keys()


def test_a_new_rate_table_holds_from_its_day_on(api):
    table = models.RateTable.objects.get()
    draft = commands.draft_rate_table(like=table.id)
    draft.rates.update(price_amount=1)
    assert api().post(URL, asked()).json()[0]["price"]["amount"] == 1290
    commands.publish_rate_table(table_id=draft.id, now=timezone.now())
    assert api().post(URL, asked()).json()[0]["price"]["amount"] == 1


def test_an_empty_rate_table_cannot_be_published():
    empty = models.RateTable.objects.create(version=9)
    with pytest.raises(commands.rates.RateTableEmpty):
        commands.publish_rate_table(table_id=empty.id, now=timezone.now())


def test_loading_the_demo_twice_changes_nothing():
    before = models.Rate.objects.count()
    call_command("load_demo", verbosity=0)
    assert models.Rate.objects.count() == before
