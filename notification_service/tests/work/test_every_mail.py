"""Properties of every mail, with every combination of optional fields in its message."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from tests.factories import MESSAGES, a_contact

from notifications import rendering
from notifications.domain.kinds import KINDS
from notifications.models import Contact, Delivery, Notification

pytestmark = pytest.mark.django_db

PAGES = Path(__file__).resolve().parents[3] / "gateway" / "pages"
TEMPLATES = sorted(path for path in rendering.TEMPLATES.rglob("*") if path.is_file())
#: Texts for customers as the other services write them.
SENTENCES = {
    "order_canceled": {"message": "We had to cancel this order. €12.50 was refunded to you."},
    "return_rejected": {"message": "We cannot take this return: it was worn."},
    "return_expired": {"message": "Your return has not reached us in time, so it has expired."},
    "return_label_failed": {"message": "Your return cannot travel with our label. We will get in touch."},
}
#: Fields that a publisher may omit or leave empty.
BARE = {
    "order_canceled": {"refunded": None},
    "order_dispatched": {"carrier": "", "tracking_number": "", "tracking_url": ""},
    "payment_declined": {"reason": ""},
    "order_refunded": {"reason": ""},
    "parcel_returned": {"carrier": "", "tracking_number": "", "reason": ""},
    "parcel_lost": {"carrier": "", "tracking_number": "", "reason": "damaged"},
    "parcel_canceled": {"carrier": "", "tracking_number": "", "reason": ""},
    "return_approved": {"label_url": "", "refund": None, "send_back_by": None},
    "return_rejected": {"message": None},
    "return_expired": {"message": None},
    "return_label_failed": {"message": None, "label_url": ""},
}
TOLD = [*((kind, SENTENCES.get(kind, {})) for kind in MESSAGES), *BARE.items()]


@pytest.fixture
def mail(deliver, customer_id):
    """Return the mail of a kind as it is sent: subject, text, HTML."""

    def made(kind: str, given: dict) -> tuple[str, str, str]:
        type_, data = MESSAGES[kind]
        assert deliver(type_, {**data(customer_id), **given}) == ["done"]
        delivery = Delivery.objects.select_related("notification").get(medium="email")
        contact = Contact.objects.filter(user_id=customer_id).first()
        message = rendering.message_of(delivery, contact, target="amira@example.com")
        return message.title, message.text, message.html

    return made


def read(html: str) -> str:
    """Return the text that a person reads, a line per block; a button may repeat the title."""
    html = re.sub(r'<a class="cta".*?</a>', "", html, flags=re.DOTALL)
    html = re.sub(r"<(style|title|head).*?</\1>", "", html, flags=re.DOTALL)
    html = re.sub(r"&#\d+;|&nbsp;", " ", html)
    return re.sub(r"<(?!/?(b|a|span)\b)[^>]*>", "\n", html)


def sentences(text: str) -> list[str]:
    text = re.sub(r"<[^>]*>|https?://\S+", "", text)
    parts = (" ".join(part.split()).strip(" .:,").lower() for part in re.split(r"[.!?:]\s|\n\s*\n", text + "\n\n"))
    return [part for part in parts if len(part.split()) >= 3]


@pytest.mark.parametrize(("kind", "given"), TOLD)
def test_no_sentence_stands_in_a_mail_twice(kind, given, mail):
    _, text, html = mail(kind, given)
    for body in (text, read(html)):
        said = sentences(body)
        assert len(said) == len(set(said)), sorted(each for each in said if said.count(each) > 1)


@pytest.mark.parametrize(("kind", "given"), TOLD)
def test_every_link_of_a_mail_leads_to_a_page_that_there_is(kind, given, mail):
    _, text, html = mail(kind, given)
    links = set(re.findall(r'href="([^"]*)"', html)) | set(re.findall(r"https?://[^\s)]+", text))
    assert links
    for link in links:
        path = link.removeprefix(settings.SHOP_URL).partition("?")[0]
        if path.startswith("/account/"):
            page = re.sub(r"^/account/orders/[\w-]+/((payment|review)/)?$", "/account/order/", path)
            assert (PAGES / page.strip("/") / "index.html").is_file(), link


@pytest.mark.parametrize(("kind", "given"), TOLD)
def test_a_mail_bears_the_name_that_the_settings_give_the_shop(kind, given, mail, settings):
    settings.SHOP_NAME, settings.SHOP_URL = "Bazaar & Sons", "https://bazaar.test"
    settings.SUPPORT_EMAIL = "help@bazaar.test"
    subject, text, html = mail(kind, given)
    assert "Bazaar & Sons" in text
    assert "Bazaar &amp; Sons" in html
    for body in (subject, text, re.sub(r"https?://\S+", "", html)):
        assert "souk" not in body.lower()


@pytest.mark.parametrize(("kind", "given"), TOLD)
@pytest.mark.parametrize(
    ("zone", "named"), [("Asia/Tokyo", "JST"), ("America/Sao_Paulo", "UTC-03"), ("", "UTC"), ("No/Where", "UTC")]
)
def test_every_time_is_told_in_the_readers_zone_and_names_it(kind, given, zone, named, mail, customer_id):
    a_contact(customer_id, time_zone=zone)
    _, text, html = mail(kind, given)
    for body in (text, html):
        for time in re.findall(r"\d\d:\d\d[^.,<\n]*", re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)):
            assert re.match(rf"\d\d:\d\d ({named})", time), time


@pytest.mark.parametrize(("kind", "given"), BARE.items())
def test_a_field_that_a_publisher_omits_leaves_no_gap(kind, given, mail):
    subject, text, html = mail(kind, given)
    for body in (subject, text, read(html), Notification.objects.get().body):
        assert not re.search(r"None|\{\{|\(\)|[^\S\n] on\b(?<=  on)|: *\Z|(?m:^: )", body), body
    assert not re.search(r":\n+(--|See the order)", text), text


def test_a_template_has_no_time_without_its_readers_zone_and_no_number_of_days():
    for path in TEMPLATES:
        text = path.read_text()
        assert not re.search(r"\|(moment|day)(?!:zone)", text), path.name
        words = r"\b(\d+|one|two|seven|ten|fourteen|thirty|few)( \w+)? (days?|weeks?|months?|hours?)\b"
        assert not re.search(words, text, re.IGNORECASE), path.name


def luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_color_of_letters_is_readable_on_all_that_it_may_stand_on():
    seen = set()
    for path in TEMPLATES:
        for tag in re.findall(r'<[^>]*style="[^"]*"[^>]*>', path.read_text()):
            color = re.search(r"(?<![-\w])color:(#[0-9a-f]{6})", tag)
            if color is None or "aria-hidden" in tag:
                continue
            own = re.search(r"background:(#[0-9a-f]{6})", tag)
            if color[1] == "#ffffff":
                assert "cta" in tag
                assert contrast("#ffffff", "#0f5f56") >= 4.5
                continue
            seen.add(color[1])
            for ground in [own[1]] if own else ["#ffffff", "#f8f4ec", "#f4efe6"]:
                assert contrast(color[1], ground) >= 4.5, (path.name, color[1], ground)
    assert len(seen) >= 3


def test_every_kind_has_an_example_here():
    assert {kind.name for kind in KINDS.values() if kind.event} == set(MESSAGES)


def test_a_return_tells_until_when_it_must_be_back(mail, customer_id):
    a_contact(customer_id, time_zone="Europe/Berlin")
    _, text, _ = mail("return_approved", {})
    assert "Saturday, 4 April" in text  # 22:30 UTC is past midnight in Berlin


def test_a_delivery_tells_until_when_things_may_go_back(mail):
    until = timezone.now() + timedelta(days=14)
    _, text, _ = mail("order_delivered", {"returnable_until": until.isoformat()})
    assert f"{until:%A}, {until.day} {until:%B}" in text


@pytest.mark.parametrize(
    ("code", "name"),
    [("souk-post", "Souk Post"), ("dhl", "DHL"), ("ups_express", "UPS Express"), ("Falcon Post", "Falcon Post")],
)
def test_a_carrier_is_called_as_people_call_it(code, name, mail):
    _, text, html = mail("order_dispatched", {"carrier": code})
    assert name in text
    assert name in html
    assert Notification.objects.get().body.endswith(f"{name}: FP3810")
    if code != name:
        assert code not in text
