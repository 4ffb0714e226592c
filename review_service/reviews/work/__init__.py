"""Work outside of transactions: the search indices."""

from reviews.work import search_index

__all__ = ["search_index"]
