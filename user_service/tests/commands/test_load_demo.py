import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from users.commands.passwords import check_credentials
from users.management.commands.load_demo import FOLDER, read_accounts
from users.models import Address, User

pytestmark = pytest.mark.django_db

DEMO = read_accounts(FOLDER)
STAFF, CUSTOMERS = DEMO["staff"], DEMO["customers"]


def test_the_demo_may_be_loaded_twice(outbox):
    for _ in range(2):
        call_command("load_demo", verbosity=0)
    assert User.objects.count() == len(STAFF) + len(CUSTOMERS)
    assert Address.objects.count() == len(CUSTOMERS)
    assert len(outbox.data("user.registered.v1")) == len(STAFF) + len(CUSTOMERS)


def test_the_demo_accounts_open_with_the_passwords_of_the_readme():
    call_command("load_demo", verbosity=0)
    now = timezone.now()
    for one in STAFF:
        user = check_credentials(
            email=one["email"], password=DEMO["staff_password"], client="192.0.2.1", staff=True, now=now
        )
        assert user.is_superuser == one.get("superuser", False)
        assert {group.name for group in user.groups.all()} == set(one.get("groups", ()))
    for one in CUSTOMERS:
        assert check_credentials(email=one["email"], password=DEMO["customer_password"], client="192.0.2.1", now=now)


def test_production_gets_no_accounts_with_public_passwords(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("load_demo", verbosity=0)
    assert not User.objects.exists()
