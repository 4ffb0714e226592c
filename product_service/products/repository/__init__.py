"""Rows <-> domain objects, the derived columns, and the search index."""
