"""Rows to domain objects and back, for the two aggregates with states."""
