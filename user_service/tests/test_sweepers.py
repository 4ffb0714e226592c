"""A row that a sweep cannot process does not delay the others."""

import pytest
from django.utils import timezone

from chassis.jobs.models import FailedRow
from tests.factories import a_user
from users.commands import mail_tokens
from users.domain.accounts import MailPurpose
from users.models import MailRequest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_request_for_a_mail_that_fails_stops_no_other(outbox, monkeypatch, broken):
    users = [a_user(email=f"reader{number}@example.com") for number in range(3)]
    outbox.clear()
    for user in users:
        mail_tokens.request_mail(
            email=user.email, purpose=MailPurpose.RESET_PASSWORD, client="192.0.2.1", now=timezone.now()
        )
    send = mail_tokens.send

    def fails_for_one(user, purpose, *, now):
        if user.id == users[broken].id:
            raise ValueError("broken")
        send(user, purpose, now=now)

    monkeypatch.setattr(mail_tokens, "send", fails_for_one)
    assert mail_tokens.answer_mail_requests(now=timezone.now()) == 2
    assert mail_tokens.answer_mail_requests(now=timezone.now()) == 0
    told = {data["user_id"] for data in outbox.data("user.password_reset_requested.v1")}
    assert told == {str(user.id) for user in users} - {str(users[broken].id)}
    assert FailedRow.objects.get().key == str(MailRequest.objects.get().id)
