"""The attack on hidden columns: reading a secret letter by letter from the number of rows in a list."""

import pytest
from django.conf import settings
from django.utils import timezone

from chassis.outbox.models import OutboxMessage
from tests.factories import a_user
from users.commands import mail_tokens
from users.domain.accounts import MailPurpose
from users.models import MailToken

pytestmark = pytest.mark.django_db
KINDS = [("superuser", {}), *((name, {"superuser": False, "groups": (name,)}) for name in settings.STAFF_GROUPS)]
PASSWORD_PATHS = {
    "users/user": "password",
    "users/session": "user__password",
    "admin/logentry": "user__password",
    "auth/group": "user__password",
}


@pytest.fixture(params=KINDS, ids=[name for name, _ in KINDS])
def browser(request, staff):
    return staff(**request.param[1])


def answers(browser, page, *queries):
    found = [browser.get(f"/admin/users/{page}/", query) for query in queries]
    return {(answer.status_code, answer.content) for answer in found}


@pytest.mark.parametrize("end", ["__startswith", "__regex", "__contains", "__gt", "__lt", "__iexact", "__in", ""])
@pytest.mark.parametrize("page", PASSWORD_PATHS)
def test_nobody_reads_a_password_hash_letter_by_letter(browser, page, end):
    victim = a_user(is_staff=True, is_superuser=True)
    name = f"{PASSWORD_PATHS[page]}{end}"
    seen = answers(browser, page, *({name: guess} for guess in (victim.password[:9], "no-hash", victim.password)))
    assert len(seen) == 1, "a right guess looks like a wrong one"
    assert seen.pop()[0] in {400, 403, 404}


@pytest.mark.parametrize("end", ["__contains", "__startswith", "__regex", "__icontains", ""])
def test_nobody_reads_a_mailed_token_letter_by_letter(browser, end):
    victim = a_user(is_staff=True, is_superuser=True)
    mail_tokens.send(victim, MailPurpose.RESET_PASSWORD, now=timezone.now())
    envelope, digest = OutboxMessage.objects.get().envelope, MailToken.objects.get().digest
    spied = [("outbox/outboxmessage", "envelope", envelope[-60:-20]), ("users/user", "mail_tokens__digest", digest[:6])]
    for page, column, right in spied:
        seen = answers(browser, page, {f"{column}{end}": right}, {f"{column}{end}": "wrong"})
        assert len(seen) == 1
        assert seen.pop()[0] in {400, 403}


def test_a_search_does_not_look_into_messages_and_hashes(browser):
    victim = a_user(is_staff=True, is_superuser=True)
    mail_tokens.send(victim, MailPurpose.RESET_PASSWORD, now=timezone.now())
    for page, right in (
        ("outbox/outboxmessage", OutboxMessage.objects.get().envelope[-60:-20]),
        ("users/user", victim.password[:12]),
        ("users/user", MailToken.objects.get().digest),
    ):
        answer = browser.get(f"/admin/users/{page}/", {"q": f'"{right}"'})
        assert answer.status_code == 403 or answer.context["cl"].result_count == 0


@pytest.mark.parametrize("query", ["_to_field=password", "_changelist_filters=password__startswith%3Da"])
def test_indirect_look_ups_reveal_nothing_either(browser, query):
    victim = a_user(is_staff=True)
    listing = browser.get(f"/admin/users/users/user/?{query}")
    assert listing.status_code in {400, 403}
    by_hash = browser.get(f"/admin/users/users/user/{victim.password}/change/?_to_field=password")
    assert by_hash.status_code in {400, 403, 404}
