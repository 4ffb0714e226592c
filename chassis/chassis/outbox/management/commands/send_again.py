from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chassis.outbox.models import OutboxMessage
from chassis.outbox.relay import send_again


def moment(text: str) -> datetime:
    """ISO 8601; UTC when it names no zone."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no time like 2026-11-25T10:00:00Z")
    return found if timezone.is_aware(found) else timezone.make_aware(found, timezone.get_default_timezone())


class Command(BaseCommand):
    help = "Send messages again; whoever has had them drops them: send_again ID... | send_again --since TIME [--type T]"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=UUID)
        parser.add_argument("--since", type=moment, help="all that was sent from this time on: 2026-11-25T10:00:00Z")
        parser.add_argument("--type", help="of those, only this message type")

    def handle(self, *_: Any, **options: Any) -> None:
        if bool(options["ids"]) == bool(options["since"]):
            raise CommandError("Name messages by their ids, or a time by --since.")
        sent = OutboxMessage.objects.exclude(sent_at=None)
        sent = sent.filter(id__in=options["ids"]) if options["ids"] else sent.filter(sent_at__gte=options["since"])
        if options["type"]:
            sent = sent.filter(type=options["type"])
        count = send_again(sent)
        self.stdout.write(f"{count} {'message' if count == 1 else 'messages'} will be sent again by the relay.")
