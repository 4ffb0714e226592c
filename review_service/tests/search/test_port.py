import pytest

from reviews.search.port import BEGIN, END, as_html, passages, shortened

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
def test_a_shortened_text_ends_with_a_whole_letter(letter):
    assert shortened(letter * 300, 7) == letter * 7
    assert shortened(letter, 300) == letter


def test_passages_begin_and_end_with_whole_words_and_show_two_places():
    words = "one two three " * 100
    text = f"{words}{BEGIN}oak{END} {words}{BEGIN}pine{END} {words}{BEGIN}elm{END}"
    shown = passages(text)
    assert f"{BEGIN}oak{END}" in shown
    assert f"{BEGIN}pine{END}" in shown
    assert "elm" not in shown
    assert set(shown.replace(BEGIN, "").replace(END, "").replace("…", " ").split()) == {*words.split(), "oak", "pine"}
    assert len(shown) < 600


def test_a_short_text_is_one_passage():
    assert passages(f"an {BEGIN}oak{END} table") == f"an {BEGIN}oak{END} table"


def test_a_text_without_a_mark_is_shown_from_its_beginning():
    assert passages("oak " * 200) == "oak " * 60 + "…"
