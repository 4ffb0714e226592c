"""Staff: the one sign-in page of all admins, and the accounts."""

from users.admin import accounts, groups, sessions

__all__ = ["accounts", "groups", "sessions"]
