"""Search in Elasticsearch: an alias for an index that can be rebuilt while searches continue.

Each document is written with the version of the review (external), so that a late writer never wins. Only the document,
bulk, search and alias APIs are used: no scripts, no by-query, nothing that a small node may lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from django_elasticsearch_dsl import Document as SearchDocument
from django_elasticsearch_dsl import fields
from django_elasticsearch_dsl.registries import registry
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from elasticsearch.dsl import Q, analyzer, token_filter

from reviews import models
from reviews.search.port import (
    BEGIN,
    END,
    Document,
    DocumentsRefused,
    Hit,
    Hits,
    SearchQuery,
    SearchUnavailable,
    shortened,
)

log = structlog.get_logger(__name__)

#: The document is invalid or too long. Any other status is about the index.
_BAD_DOCUMENT = {400, 413}
_HIGHLIGHT = {"pre_tags": [BEGIN], "post_tags": [END]}

english = analyzer(
    "souk_english",
    tokenizer="standard",
    filter=[
        "lowercase",
        token_filter("souk_english_stop", "stop", stopwords="_english_"),
        token_filter("souk_english_stemmer", "stemmer", language="english"),
        "asciifolding",
    ],
)
german = analyzer(
    "souk_german",
    tokenizer="standard",
    filter=[
        "lowercase",
        token_filter("souk_german_stop", "stop", stopwords="_german_"),
        "german_normalization",
        token_filter("souk_german_stemmer", "stemmer", language="light_german"),
        "asciifolding",
    ],
)


def _text() -> Any:
    return fields.TextField(analyzer=english, fields={"german": fields.TextField(analyzer=german)})


@registry.register_document
class ReviewDocument(SearchDocument):
    """The mapping. Documents are written by `write`: signals would call Elasticsearch inside a transaction."""

    product_id = fields.KeywordField()
    stars = fields.ByteField()
    title = _text()
    text = _text()
    published_at = fields.DateField()

    class Index:
        name = "souk-reviews"
        settings = {"number_of_shards": 1, "number_of_replicas": 0}

    class Django:
        model = models.Review
        ignore_signals = True


class ElasticsearchIndex:
    """The ReviewIndex in Elasticsearch."""

    def __init__(self, url: str, *, alias: str) -> None:
        self.client = _client(url)
        self.alias = alias

    def search(self, query: SearchQuery) -> Hits:
        words = " ".join(query.words)
        if not words:
            return Hits([], more=False)
        found = ReviewDocument.search(using=self.client, index=self.alias).query(_query(words))
        if query.product_id:
            found = found.filter("term", product_id=str(query.product_id))
        if query.stars:
            found = found.filter("term", stars=query.stars)
        found = found.highlight("title", "title.german", number_of_fragments=0, **_HIGHLIGHT)
        found = found.highlight("text", "text.german", number_of_fragments=2, fragment_size=240, **_HIGHLIGHT)
        found = found.sort("_score", {"published_at": "desc"}).extra(version=True)
        with _errors_as_unavailable():
            answer = found[query.offset : query.offset + query.limit + 1].execute().to_dict()
        hits = [_hit(raw) for raw in answer["hits"]["hits"]]
        return Hits(hits[: query.limit], more=len(hits) > query.limit)

    def write(self, documents: list[Document]) -> None:
        if refused := self._write(self.alias, documents):
            raise DocumentsRefused(refused)

    def exists(self) -> bool:
        with _errors_as_unavailable():
            return bool(self.client.indices.exists_alias(name=self.alias))

    def rebuild(self, documents: Iterable[list[Document]]) -> int:
        new = f"{self.alias}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        # Written through an alias, so that no write can create an index without our mapping.
        filling = f"{new}-filling"
        count = refused = 0
        with _errors_as_unavailable():
            index = ReviewDocument._index.clone(name=new)
            index.aliases(**{filling: {}})
            index.create(using=self.client)
            for batch in documents:
                refused_now = len(self._write(filling, batch))
                refused += refused_now
                count += len(batch) - refused_now
            if refused and not count:
                raise SearchUnavailable(f"All of {refused} documents were refused: the mapping is wrong, not a review.")
            self.client.indices.refresh(index=new)
            self._switch(new, filling)
        return count

    def _switch(self, new: str, filling: str) -> None:
        """Switch the alias in one step, then delete the old indices, including those of failed rebuilds."""
        ours = re.compile(re.escape(self.alias) + r"-\d{20}")
        found = self.client.indices.get(index=f"{self.alias}-*")
        old = {name: found[name]["aliases"] for name in found if ours.fullmatch(name) and name < new}
        linked = [name for name, aliases in old.items() if self.alias in aliases]
        self.client.indices.update_aliases(
            actions=[
                *({"remove": {"index": name, "alias": self.alias}} for name in linked),
                {"remove": {"index": new, "alias": filling}},
                {"add": {"index": new, "alias": self.alias}},
            ]
        )
        for name in old:
            self.client.indices.delete(index=name)

    def _write(self, alias: str, documents: list[Document]) -> dict[UUID, str]:
        if not documents:
            return {}
        operations = [line for document in documents for line in _operation(document)]
        with _errors_as_unavailable():
            answer = self.client.bulk(index=alias, operations=operations, require_alias=True)
        results = [result for item in answer["items"] for result in item.values() if "error" in result]
        refused = {UUID(result["_id"]): f"{result['error']}" for result in results if result["status"] in _BAD_DOCUMENT}
        # 409: there is a newer version. Deleting a missing document is not an error.
        others = [result["error"] for result in results if result["status"] not in {*_BAD_DOCUMENT, 409}]
        if others:
            raise SearchUnavailable(f"{len(others)} of {len(documents)} not accepted, the first: {others[0]}")
        for review_id, error in refused.items():
            log.error("document_refused", review_id=str(review_id), error=error)
        return refused


@cache
def _client(url: str) -> Elasticsearch:
    # One short try: a customer waits, and the database can answer instead.
    return Elasticsearch(url, request_timeout=3, max_retries=0, retry_on_timeout=False)


@contextmanager
def _errors_as_unavailable() -> Iterator[None]:
    try:
        yield
    except (TransportError, ApiError) as error:
        raise SearchUnavailable(repr(error)[:500]) from error


def _query(words: str) -> Any:
    """Return the query for all words in any language and field; beginnings and typing errors count less."""
    every = {"query": words, "fields": ["title^4", "text"], "operator": "and"}
    return Q(
        "bool",
        minimum_should_match=1,
        should=[
            Q("multi_match", type="cross_fields", **every, boost=3),
            Q("multi_match", type="cross_fields", **{**every, "fields": ["title.german^4", "text.german"]}, boost=2),
            Q("multi_match", type="bool_prefix", **every),
            Q("multi_match", type="best_fields", fuzziness="AUTO", prefix_length=1, **every, boost=0.5),
        ],
    )


def _operation(document: Document) -> list[dict[str, Any]]:
    key = {"_id": str(document.review_id), "version": document.version, "version_type": "external_gte"}
    if not document.shown:
        return [{"delete": key}]
    source = {
        "product_id": str(document.product_id),
        "stars": document.stars,
        "title": document.title,
        "text": document.text,
        "published_at": document.published_at,
    }
    return [{"index": key}, source]


def _hit(raw: dict[str, Any]) -> Hit:
    source, marked = raw["_source"], raw.get("highlight", {})
    # A hit by the German analyzer has no mark in the English field.
    title = marked.get("title") or marked.get("title.german") or [source["title"]]
    text = marked.get("text") or marked.get("text.german") or [shortened(source["text"], 240)]
    return Hit(review_id=UUID(raw["_id"]), version=raw["_version"], title=title[0], text=" … ".join(text))
