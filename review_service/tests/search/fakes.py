"""A small fake of Elasticsearch with external versions; it can be unavailable or lose its index."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from reviews.search.port import Document, DocumentsRefused, Hit, Hits, SearchQuery, SearchUnavailable


class FakeIndex:
    def __init__(self) -> None:
        self.known: dict | None = {}
        self.away = False
        #: Reviews whose documents it refuses.
        self.unreadable: set[UUID] = set()

    def search(self, asked: SearchQuery) -> Hits:
        found = [d for d in self._known().values() if d.shown and asked.text in d.text]
        return Hits([Hit(review_id=d.review_id, title=d.title, text=d.text, version=d.version) for d in found], False)

    def write(self, documents: list[Document]) -> None:
        known = self._known()
        readable = [document for document in documents if document.review_id not in self.unreadable]
        for document in readable:
            if document.review_id not in known or known[document.review_id].version <= document.version:
                known[document.review_id] = document
        if len(readable) < len(documents):
            there = {document.review_id for document in documents} & self.unreadable
            raise DocumentsRefused(dict.fromkeys(there, "mapper_parsing_exception"))

    def exists(self) -> bool:
        if self.away:
            raise SearchUnavailable("no answer")
        return self.known is not None

    def rebuild(self, documents: Iterable[list[Document]]) -> int:
        self.exists()
        self.known = {document.review_id: document for batch in documents for document in batch}
        return len(self.known)

    def _known(self) -> dict:
        if not self.exists():
            raise SearchUnavailable("no index")
        return self.known
