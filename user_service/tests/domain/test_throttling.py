import pytest

from users.domain.throttling import GUESSES_AT_ACCOUNT, Policy, delay_after, guesses, network_of

POLICY = Policy(name="test", free=3, longest=60, memory=600)


@pytest.mark.parametrize(("count", "seconds"), [(0, 0), (3, 0), (4, 1), (5, 2), (6, 4), (9, 32), (10, 60), (9999, 60)])
def test_delays_grow_after_the_free_attempts_up_to_a_limit(count, seconds):
    assert delay_after(count, POLICY) == seconds


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_a_client_is_its_address_or_its_ipv6_network(address, network):
    assert network_of(address) == network


def test_an_account_is_never_counted_without_the_client_so_nobody_can_lock_its_owner_out():
    mine, theirs = guesses(client="192.0.2.1", account="a@x.org"), guesses(client="192.0.2.2", account="a@x.org")
    assert mine[0].policy is theirs[0].policy is GUESSES_AT_ACCOUNT
    assert not {bucket.who for bucket in mine} & {bucket.who for bucket in theirs}
