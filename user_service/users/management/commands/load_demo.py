"""Create demonstration accounts. Their passwords are public: never in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from users import hashers
from users.commands import addresses, staff
from users.domain.accounts import EmailTaken

#: E-mail address, name, groups; None: superuser.
STAFF: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    ("admin@souk.example", "Ada Admin", None),
    ("support@souk.example", "Sami Support", ("support",)),
    ("catalog@souk.example", "Cleo Catalog", ("catalog",)),
    ("finance@souk.example", "Finn Finance", ("finance",)),
    ("operations@souk.example", "Oda Operations", ("operations",)),
)
CUSTOMERS = (
    ("mira@example.com", "Mira Lindqvist", "Storgatan 12", "Stockholm", "111 29", "SE"),
    ("jonas@example.com", "Jonas Berger", "Lindengasse 4", "Wien", "1070", "AT"),
    ("amelie@example.com", "Amélie Durand", "12 rue des Lilas", "Lyon", "69003", "FR"),
)
STAFF_PASSWORD = "open-sesame-staff"  # noqa: S105 (public on purpose)
CUSTOMER_PASSWORD = "open-sesame-shop"  # noqa: S105


class Command(BaseCommand):
    help = "Create demonstration accounts; those that exist are left as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demonstration accounts have public passwords; not with SOUK_ENV=production.")
        now, made = timezone.now(), 0
        for_staff, for_customers = hashers.hash_password(STAFF_PASSWORD), hashers.hash_password(CUSTOMER_PASSWORD)
        for email, name, groups in STAFF:
            made += self._create(
                email=email,
                name=name,
                encoded=for_staff,
                is_staff=True,
                is_superuser=groups is None,
                groups=groups or (),
                now=now,
            )
        for email, name, *address in CUSTOMERS:
            made += self._create(email=email, name=name, encoded=for_customers, address=address, now=now)
        self.stdout.write(f"{made} accounts made. Staff: {STAFF_PASSWORD}, customers: {CUSTOMER_PASSWORD}")

    def _create(self, *, address: list[str] | None = None, **fields: Any) -> bool:
        try:
            user = staff.create_verified(**fields)
        except EmailTaken:
            return False
        if address:
            line1, city, postal_code, country = address
            addresses.add_address(
                user_id=user.id,
                name=user.name,
                line1=line1,
                city=city,
                postal_code=postal_code,
                country=country,
                now=fields["now"],
            )
        return True
