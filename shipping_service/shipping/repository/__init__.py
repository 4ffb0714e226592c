"""Rows to domain objects and back, and the keys that sign."""
