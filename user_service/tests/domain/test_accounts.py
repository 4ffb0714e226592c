import pytest

from users.domain.accounts import email_key


@pytest.mark.parametrize("other", ["MIRA@example.com", " mira@EXAMPLE.com ", "ｍira@example.com", "mira@example.com"])
def test_addresses_that_look_the_same_are_one_account(other):
    assert email_key(other) == email_key("mira@example.com")


def test_a_plus_address_is_an_account_of_its_own():
    assert email_key("mira+shop@example.com") != email_key("mira@example.com")
