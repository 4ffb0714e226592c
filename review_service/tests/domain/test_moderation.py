"""The moderation rules for texts."""

import time

import pytest

from reviews.domain.moderation import Finding, assess, clean, folded


@pytest.mark.parametrize(
    "text",
    [
        "Solid oak, easy to put together. Would buy again!",
        "Ich bin sehr zufrieden, die Lampe ist größer als gedacht.",
        "Bought on 2024-11-22, paid 1.299,00 EUR, still works.",
        "The WLAN and USB-C ports work, the LED is bright.",
        "Size 42 fits, 180 x 90 x 75 cm as described.",
        "Wow..... what a chair ----------",
        "👩‍👩‍👧 all of us love it",
    ],
)
def test_an_honest_text_is_published_at_once(text):
    assert not assess("Fine", text).held


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("See https://deals.example for more", Finding.LINK),
        ("go to www.cheap.example", Finding.LINK),
        ("cheaper at best-deals.com, really", Finding.LINK),
        ("write to amira@mail.example", Finding.CONTACT),
        ("write to amira (at) mail", Finding.CONTACT),
        ("call +49 170 123 45 67 now", Finding.CONTACT),
        ("call 0170/1234567 now", Finding.CONTACT),
        ("this is sh1t", Finding.BLOCKED_WORD),
        ("SCHEIẞE", Finding.BLOCKED_WORD),
        ("this is f\u200buck", Finding.BLOCKED_WORD),
        ("ｗｗｗ．spam．example", Finding.LINK),
    ],
)
def test_links_contact_data_and_blocked_words_wait_for_a_person(text, finding):
    assessment = assess("Fine", text)
    assert finding in assessment.findings
    assert assessment.held


def test_shouting_alone_is_no_reason_to_wait():
    assessment = assess("WORST CHAIR EVER", "DO NOT BUY THIS CHAIR")
    assert assessment.findings == (Finding.SHOUTING,)
    assert not assessment.held


def test_shouting_noise_waits():
    assert assess("WORST CHAIR EVER", "DO NOT BUY THIS AAAAAAAAAAAAAA").held


def test_a_word_inside_another_word_is_not_blocked():
    assert not assess("Fine", "We sat in Scunthorpe and played on the casinotable").findings


def test_hidden_characters_are_taken_out():
    assert clean("  a\x00\u202eb\ue000\r\nc\td  ") == "ab\nc d"
    assert clean("a\n\n\n\n\nb") == "a\n\nb"


def test_emoji_of_several_parts_stay_one():
    assert clean("👩‍👩‍👧") == "👩‍👩‍👧"


def test_nothing_to_read_is_nothing():
    assert folded(clean("\u200b\u200d\u2060")).strip() == ""


@pytest.mark.parametrize("text", ["a." * 2500, "1 " * 2500, "(" * 5000, "a@" * 2500, "😀" * 5000, "a-" * 2500])
def test_no_text_takes_long(text):
    started = time.process_time()
    assess("", text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        "The book is ISBN 978-3-16-148410-0.",
        "978 3 16 148410 0",
        "9783161484100",
        "ISBN: 3-16-148410-X",
        "ISBN 0-306-40615-2",
        "EAN 4006381333931 on the box",
    ],
)
def test_the_number_of_an_article_is_no_telephone_number(text):
    assert assess("Fine", text).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 978-3-16-148410-1",
        "ISBN 0170 1234567",
        "+9783161484100",
        "0170 1234567",
        "00491701234567",
        "Call 0170 1234567.",
    ],
)
def test_a_telephone_number_does_not_hide_behind_the_name_of_another(text):
    assert Finding.CONTACT in assess("Fine", text).findings
