"""A customer's addresses. The account holds the id of the default one, so there is never more than one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F
from uuid_utils.compat import uuid7

from chassis.transactions import transactional
from users.domain.addresses import MAX_ADDRESSES, DefaultAddressNeeded, TooManyAddresses
from users.models import Address, User


@transactional
def add_address(*, user_id: UUID, now: datetime, is_default: bool = False, **fields: str) -> UUID:
    """Add an address and return its id. The first one becomes the default. Raises TooManyAddresses."""
    room = User.objects.filter(id=user_id, address_count__lt=MAX_ADDRESSES)
    if not room.update(address_count=F("address_count") + 1):
        raise TooManyAddresses
    address_id: UUID = uuid7()
    Address(id=address_id, user_id=user_id, created_at=now, **fields).save(force_insert=True)
    default = User.objects.filter(id=user_id)
    if not is_default:
        default = default.filter(default_address_id=None)
    default.update(default_address_id=address_id)
    return address_id


@transactional
def change_address(*, user_id: UUID, address_id: UUID, is_default: bool | None = None, **fields: str) -> bool:
    """Change an address; return False if the user has no such address.

    Raises DefaultAddressNeeded when the default is unset: make another address the default instead.
    """
    mine = Address.objects.filter(id=address_id, user_id=user_id)
    if not (mine.update(**fields) if fields else mine.exists()):
        return False
    user = User.objects.filter(id=user_id)
    if is_default:
        user.update(default_address_id=address_id)
    elif is_default is False and user.filter(default_address_id=address_id).exists():
        raise DefaultAddressNeeded
    return True


@transactional
def delete_address(*, user_id: UUID, address_id: UUID) -> bool:
    """Delete an address; return False if the user has no such address. The oldest one left becomes the default."""
    mine = Address.objects.filter(user_id=user_id)
    if not mine.filter(id=address_id).delete()[0]:
        return False
    User.objects.filter(id=user_id).update(address_count=F("address_count") - 1)
    oldest = mine.order_by("created_at", "id").values_list("id", flat=True).first()
    User.objects.filter(id=user_id, default_address_id=address_id).update(default_address_id=oldest)
    return True
