"""One rule for each kind of value reads everything that people write."""

import pytest

from chassis.values.addresses import country, postal_code
from chassis.values.errors import InvalidValue
from chassis.values.identifiers import picture_url, sku, slug
from chassis.values.mailboxes import email, mailbox_key
from chassis.values.phones import phone
from chassis.values.text import line, name, spelled


@pytest.mark.parametrize(
    ("where", "written", "kept"),
    [
        ("AT", "1010", "1010"),
        ("DE", " 10115 ", "10115"),
        ("GB", "sw1a  1aa", "SW1A 1AA"),
        ("US", "90210-1234", "90210-1234"),
        ("CA", "k1a 0b1", "K1A 0B1"),
        ("JP", "100-0001", "100-0001"),
        ("BR", "01310-100", "01310-100"),
        ("NL", "1012 AB", "1012 AB"),
        ("SE", "SE-113 41", "113 41"),
        ("LU", "L-1234", "1234"),
        ("IE", "D02 X285", "D02 X285"),
        ("IE", "", ""),
        ("HK", "", ""),
        ("AE", " ", ""),
        ("PA", "", ""),
    ],
)
def test_a_postal_code_is_read_by_the_rule_of_its_country(where, written, kept):
    assert postal_code(written, country=where) == kept


@pytest.mark.parametrize(
    ("where", "written", "code"),
    [
        ("AT", "", "postal_code_missing"),
        ("US", " ", "postal_code_missing"),
        ("AT", "10100", "invalid_postal_code"),
        ("GB", "SW1A", "invalid_postal_code"),
        ("GB", "GIR 0AA and more", "invalid_postal_code"),
        ("US", "9021", "invalid_postal_code"),
        ("DE", "１０１１５", "invalid_postal_code"),
        ("IE", "12345", "invalid_postal_code"),
        ("HK", "999077", "no_postal_codes"),
        ("AE", "00000", "no_postal_codes"),
    ],
)
def test_a_postal_code_of_another_country_is_refused(where, written, code):
    with pytest.raises(InvalidValue) as refused:
        postal_code(written, country=where)
    assert refused.value.code == code


def test_a_country_is_two_letters_of_iso_3166():
    assert country("AT") == "AT"
    for wrong in ("XX", "at", "AUT", "Österreich", ""):
        with pytest.raises(InvalidValue):
            country(wrong)


@pytest.mark.parametrize(
    "text", ["李小龙", "محمد علي", "नरेन्द्र मोदी", "Zoë Müller-Lüdenscheidt", "O’Brien", "Ng", "علی‌رضا", "3M Österreich"]
)
def test_names_of_every_script_are_kept_whole(text):
    assert name(text) == text


@pytest.mark.parametrize("text", ["", "  ", "...", "\u0301", "a\x00b", "a\u202eb", "a\u200bb", "\ud800", "12"])
def test_an_invalid_name_is_refused(text):
    with pytest.raises(InvalidValue):
        name(text)


def test_a_line_is_composed_and_single_spaced():
    assert line(" Cafe\u0301\t 12 \n") == "Café 12"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Mira@Example.COM", "Mira@example.com"),
        ("a@BÜCHER.example", "a@bücher.example"),
        ("a@xn--bcher-kva.example", "a@bücher.example"),
        (" a+b@example.com ", "a+b@example.com"),
    ],
)
def test_an_address_is_kept_with_its_domain_in_one_form(written, kept):
    assert email(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "ü@example.com",
        "a..b@example.com",
        ".a@example.com",
        '"a b"@example.com',
        "a@example",
        "a@[127.0.0.1]",
        "a@-x.com",
        "a@b@example.com",
        "a\x00@example.com",
        "@example.com",
        "a@",
        "a" * 65 + "@example.com",
    ],
)
def test_an_address_that_mail_cannot_be_sent_to_is_refused(written):
    with pytest.raises(InvalidValue):
        email(written)


def test_two_spellings_of_one_mailbox_have_one_key():
    keys = {
        mailbox_key(one)
        for one in ("A@bücher.example", "ａ@bücher.example", "a@BÜCHER.EXAMPLE", "a@xn--bcher-kva.example")
    }
    assert keys == {"a@xn--bcher-kva.example"}


@pytest.mark.parametrize(
    ("written", "where", "kept"),
    [
        ("+43 1 234567", None, "+431234567"),
        ("0660 1234567", "AT", "+436601234567"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("0044 20 7946 0958", "DE", "+442079460958"),
        ("", None, ""),
    ],
)
def test_a_telephone_number_is_kept_as_e164(written, where, kept):
    assert phone(written, country=where) == kept


@pytest.mark.parametrize("written", ["0660 1234567", "+43", "+999 123456", "call me", "+1 23", "+" + "1" * 40])
def test_an_invalid_telephone_number_is_refused(written):
    with pytest.raises(InvalidValue):
        phone(written)


@pytest.mark.parametrize("text", ["oak-table-2", "a", "7"])
def test_a_slug_is_lower_case_letters_and_digits(text):
    assert slug(text) == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "a--b", "A", "ä", "a b", "a/b", "a" * 81])
def test_a_slug_has_only_characters_of_an_address(text):
    with pytest.raises(InvalidValue):
        slug(text)


@pytest.mark.parametrize("text", ["", "A", "-AB", "A B", "AB\n", "Ä1", "ab", "X" * 41])
def test_an_invalid_sku_is_refused(text):
    with pytest.raises(InvalidValue):
        sku(text)


@pytest.mark.parametrize("text", ["https://cdn.example/a%20b.png?x=1", "/media/products/lamp.svg", ""])
def test_a_picture_is_on_the_web_or_ours(text):
    assert picture_url(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "http://cdn.example/a.png",
        "//evil.example/a.png",
        "data:image/png;base64,AA",
        "https://",
        "/media/../etc/passwd",
        "https://a b",
        "https://user@host/a",
        "/other/a.png",
        "https://[::1",
        "https:///a",
        "\\\\x\\y",
    ],
)
def test_other_addresses_are_no_pictures(text):
    with pytest.raises(InvalidValue):
        picture_url(text)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("north-star", "North Star"),
        ("dhl", "DHL"),
        ("fedex", "FedEx"),
        ("ups_express", "UPS Express"),
        ("North Star", "North Star"),
        ("Österreichische Post", "Österreichische Post"),
        ("", ""),
    ],
)
def test_a_code_is_shown_as_people_write_its_name(code, name):
    assert spelled(code) == name
