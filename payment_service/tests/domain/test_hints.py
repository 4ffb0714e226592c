import pytest

from payments.domain.hints import is_news


def news(hint, status, captured=0, refunded=0):
    return is_news(hint, status=status, captured=captured, refunded=refunded)


@pytest.mark.parametrize(
    ("hint", "status"),
    [
        ("authorized 0 0", "authorized"),
        ("authorized 0 0", "capturing"),
        ("authorized 0 0", "captured"),
        ("action_required 0 0", "authorized"),
        ("voided 0 0", "voided"),
        ("declined 0 0", "declined"),
    ],
)
def test_what_we_know_is_no_news(hint, status):
    assert not news(hint, status)


@pytest.mark.parametrize(
    ("hint", "status"),
    [
        ("authorized 0 0", "action_required"),
        ("authorized 0 0", "unknown"),
        ("authorized 0 0", "failed"),
        ("authorized 0 0", "voiding"),
        ("captured 5 0", "authorized"),
        ("voided 0 0", "authorized"),
        ("declined 0 0", "action_required"),
        ("", "captured"),
        ("captured x 0", "captured"),
        ("dispute 0 0", "captured"),
    ],
)
def test_what_we_do_not_know_is_news(hint, status):
    assert news(hint, status)


def test_a_refund_that_we_do_not_know_is_news_and_an_older_sight_is_not():
    assert news("captured 100 50", "captured", captured=100, refunded=0)
    assert not news("captured 100 0", "captured", captured=100, refunded=50)
    assert news("captured 90 0", "captured", captured=100)
