from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from chassis.inbox import receiver
from chassis.inbox.models import FailedMessage


class Command(BaseCommand):
    help = "List dead letters, or handle them again: replay --list | replay ID... | replay --type T | replay --all"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=UUID)
        parser.add_argument("--list", action="store_true", help="show what is parked and why")
        parser.add_argument("--type", help="replay all dead letters of this message type")
        parser.add_argument("--all", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        parked = FailedMessage.objects.exclude(parked_at=None).order_by("failed_at")
        if options["type"]:
            parked = parked.filter(type=options["type"])
        elif not (options["all"] or options["list"]):
            parked = parked.filter(id__in=options["ids"])
        if options["list"]:
            for row in parked:
                self.stdout.write(f"{row.id}  {row.type}  {row.subject}  {row.error.strip().splitlines()[-1]}")
            return
        outcomes = receiver.replay([row.id for row in parked])
        for message_id, outcome in outcomes.items():
            self.stdout.write(f"{message_id}  {outcome}")
        self.stdout.write(f"{len(outcomes)} replayed")
