"""The admin of accounts, and the sign-in page of all admins."""

from users.admin import accounts, erasures, groups, sessions

__all__ = ["accounts", "erasures", "groups", "sessions"]
