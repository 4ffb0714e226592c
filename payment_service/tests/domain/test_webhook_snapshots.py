import pytest

from payments.domain.webhooks import is_new


def new(snapshot, status, captured=0, refunded=0):
    return is_new(snapshot, status=status, captured=captured, refunded=refunded)


@pytest.mark.parametrize(
    ("snapshot", "status"),
    [
        ("authorized 0 0", "authorized"),
        ("authorized 0 0", "capturing"),
        ("authorized 0 0", "captured"),
        ("action_required 0 0", "authorized"),
        ("voided 0 0", "voided"),
        ("declined 0 0", "declined"),
    ],
)
def test_a_known_state_of_a_webhook_is_not_new(snapshot, status):
    assert not new(snapshot, status)


@pytest.mark.parametrize(
    ("snapshot", "status"),
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
def test_an_unknown_state_of_a_webhook_is_new(snapshot, status):
    assert new(snapshot, status)


def test_a_refund_that_we_do_not_know_is_news_and_an_older_sight_is_not():
    assert new("captured 100 50", "captured", captured=100, refunded=0)
    assert not new("captured 100 0", "captured", captured=100, refunded=50)
    assert new("captured 90 0", "captured", captured=100)
