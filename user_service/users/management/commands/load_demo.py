"""Demo accounts for staff and customers. Their passwords are public: never in production."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from users import hashers
from users.commands import addresses, staff
from users.domain.accounts import EmailTaken

#: The repository's `demo/users`; a production install has none.
FOLDER = Path(__file__).resolve().parents[4] / "demo" / "users"


class Command(BaseCommand):
    help = "Create the demo accounts. Existing accounts stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=FOLDER, help="Folder of `accounts.toml`.")

    def handle(self, *args: Any, folder: Path = FOLDER, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo accounts have public passwords; not with SOUK_ENV=production.")
        demo, now, created = read_accounts(folder), timezone.now(), 0
        for_staff, for_customers = (
            hashers.hash_password(demo[name]) for name in ("staff_password", "customer_password")
        )
        for one in demo["staff"]:
            created += self._create(
                email=one["email"],
                name=one["name"],
                encoded=for_staff,
                is_staff=True,
                is_superuser=one.get("superuser", False),
                groups=one.get("groups", ()),
                now=now,
            )
        for one in demo["customers"]:
            address: dict[str, Any] = {name: one[name] for name in ("line1", "city", "postal_code", "country")}
            created += self._create(
                email=one["email"], name=one["name"], encoded=for_customers, address=address, now=now
            )
        passwords = f"Staff: {demo['staff_password']}, customers: {demo['customer_password']}"
        self.stdout.write(f"{created} accounts created. {passwords}")

    def _create(self, *, address: dict[str, Any] | None = None, **fields: Any) -> bool:
        try:
            user = staff.create_verified(**fields)
        except EmailTaken:
            return False
        if address:
            addresses.add_address(user_id=user.id, name=user.name, now=fields["now"], **address)
        return True


def read_accounts(folder: Path) -> dict[str, Any]:
    """Return the accounts and passwords of the file. Raises CommandError if there is none."""
    try:
        return tomllib.loads((folder / "accounts.toml").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CommandError(f"No demo accounts in {folder}: name their folder with --folder.") from error
