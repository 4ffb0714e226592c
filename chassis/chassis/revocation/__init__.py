"""Sessions that have ended before their tokens expire, as every service knows them."""

from chassis.revocation.sessions import SessionsEnded, ask_instead, is_revoked, on_sessions_ended

__all__ = ["SessionsEnded", "ask_instead", "is_revoked", "on_sessions_ended"]
