"""Rows to domain objects and back, and the signing keys."""
