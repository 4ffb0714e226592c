"""Sessions that have ended before their tokens expire, as every service knows them."""

from chassis.revocation.sessions import SessionsEnded, is_revoked, on_sessions_ended, use_own_sessions

__all__ = ["SessionsEnded", "is_revoked", "on_sessions_ended", "use_own_sessions"]
