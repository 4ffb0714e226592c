"""Revoked sessions, whose tokens are rejected before they expire."""

from chassis.revocation.sessions import SessionsEnded, is_revoked, on_sessions_ended, use_own_sessions

__all__ = ["SessionsEnded", "is_revoked", "on_sessions_ended", "use_own_sessions"]
