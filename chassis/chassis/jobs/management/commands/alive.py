from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chassis import heartbeat


class Command(BaseCommand):
    help = "Exit code 1 when the worker, relay or beat on this machine or container has no recent heartbeat."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=heartbeat.ROLES)
        parser.add_argument("--within", type=float, default=60.0, help="maximum age in seconds (60)")

    def handle(self, *_: Any, role: str, within: float, **__: Any) -> None:
        age = heartbeat.age(role)
        if age is None:
            raise CommandError(f"There is no heartbeat of a {role} here.")
        if age > within:
            raise CommandError(f"The last heartbeat of the {role} is {age:.0f} s old.")
        self.stdout.write(f"The {role} is alive.")
