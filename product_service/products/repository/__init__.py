"""Mapping of rows to domain objects, derived columns, and the search index."""
