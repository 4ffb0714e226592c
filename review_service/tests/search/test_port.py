import pytest

from reviews.search.port import BEGIN, END, as_html, shortened

FAMILY = "👨‍👩‍👧"


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        (f"an {BEGIN}oak{END} table", "an <mark>oak</mark> table"),
        (f"{BEGIN}caf{END}e\u0301", "<mark>caf</mark>e\u0301"),
        (f"{BEGIN}cafe{END}\u0301 au lait", "<mark>cafe\u0301</mark> au lait"),
        (f"न{BEGIN}\u093fन{END}\u093f", "<mark>न\u093fन\u093f</mark>"),
        (f"👨{BEGIN}\u200d👩{END}\u200d👧!", f"<mark>{FAMILY}</mark>!"),
        (f"{BEGIN}a & b{END} <b>", "<mark>a &amp; b</mark> &lt;b&gt;"),
        (f"one {BEGIN}two", "one <mark>two</mark>"),
        ("nothing", "nothing"),
    ],
)
def test_a_mark_never_stands_inside_of_a_letter(marked, shown):
    assert as_html(marked) == shown


@pytest.mark.parametrize("letter", ["e\u0301", "न\u093f", FAMILY, "🇩🇪", "a"])
def test_what_is_shortened_ends_with_a_whole_letter(letter):
    assert shortened(letter * 300, 7) == letter * 7
    assert shortened(letter, 300) == letter
