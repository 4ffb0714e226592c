"""Staff: the one sign-in page of all admins, and the accounts."""

from users.admin import accounts, erasures, groups, sessions

__all__ = ["accounts", "erasures", "groups", "sessions"]
