"""Search in Elasticsearch: an alias in front of an index that can be built anew while searching goes on.

Each document is written under the review's version (external), so a late writer never wins. We use only
the document, bulk, search and alias APIs: no scripts, no by-query, nothing that a small node may lack.
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
from reviews.search.port import BEGIN, END, Asked, Document, DocumentsRefused, Hit, Hits, SearchAway, shortened

log = structlog.get_logger(__name__)

#: The engine cannot read it, or it is too long. Any other status is about the index.
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
    """The mapping. We write it ourselves (see `write`): signals would call out in the middle of a transaction."""

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
    """A `ReviewIndex`."""

    def __init__(self, url: str, *, alias: str) -> None:
        self.client = _client(url)
        self.alias = alias

    def search(self, asked: Asked) -> Hits:
        words = " ".join(asked.words)
        if not words:
            return Hits([], more=False)
        found = ReviewDocument.search(using=self.client, index=self.alias).query(_query(words))
        if asked.product_id:
            found = found.filter("term", product_id=str(asked.product_id))
        if asked.stars:
            found = found.filter("term", stars=asked.stars)
        found = found.highlight("title", "title.german", number_of_fragments=0, **_HIGHLIGHT)
        found = found.highlight("text", "text.german", number_of_fragments=2, fragment_size=240, **_HIGHLIGHT)
        found = found.sort("_score", {"published_at": "desc"}).extra(version=True)
        with _away_is_said():
            answer = found[asked.offset : asked.offset + asked.limit + 1].execute().to_dict()
        hits = [_hit(raw) for raw in answer["hits"]["hits"]]
        return Hits(hits[: asked.limit], more=len(hits) > asked.limit)

    def write(self, documents: list[Document]) -> None:
        if refused := self._write(self.alias, documents):
            raise DocumentsRefused(refused)

    def exists(self) -> bool:
        with _away_is_said():
            return bool(self.client.indices.exists_alias(name=self.alias))

    def rebuild(self, documents: Iterable[list[Document]]) -> int:
        new = f"{self.alias}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        # Written through an alias of its own, so that no write can make an index without our mapping.
        filling = f"{new}-filling"
        count = refused = 0
        with _away_is_said():
            index = ReviewDocument._index.clone(name=new)
            index.aliases(**{filling: {}})
            index.create(using=self.client)
            for batch in documents:
                refused_now = len(self._write(filling, batch))
                refused += refused_now
                count += len(batch) - refused_now
            if refused and not count:
                raise SearchAway(f"All of {refused} documents were refused: the mapping is wrong, not a review.")
            self.client.indices.refresh(index=new)
            self._switch(new, filling)
        return count

    def _switch(self, new: str, filling: str) -> None:
        """In one step; then the old indices go, also those that a broken rebuild has left behind."""
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
        with _away_is_said():
            answer = self.client.bulk(index=alias, operations=operations, require_alias=True)
        results = [result for item in answer["items"] for result in item.values() if "error" in result]
        refused = {UUID(result["_id"]): f"{result['error']}" for result in results if result["status"] in _BAD_DOCUMENT}
        # 409: it is there in a newer version. What was to be deleted and is not there is no error.
        others = [result["error"] for result in results if result["status"] not in {*_BAD_DOCUMENT, 409}]
        if others:
            raise SearchAway(f"{len(others)} of {len(documents)} not taken now, the first: {others[0]}")
        for review_id, error in refused.items():
            log.error("document_refused", review_id=str(review_id), error=error)
        return refused


@cache
def _client(url: str) -> Elasticsearch:
    # One short try: a customer waits, and the database can answer as well.
    return Elasticsearch(url, request_timeout=3, max_retries=0, retry_on_timeout=False)


@contextmanager
def _away_is_said() -> Iterator[None]:
    try:
        yield
    except (TransportError, ApiError) as error:
        raise SearchAway(repr(error)[:500]) from error


def _query(words: str) -> Any:
    """All words, in any language and field; the beginning of a word and a typing error count less."""
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
    # What was found by its German form has no mark in the English field.
    title = marked.get("title") or marked.get("title.german") or [source["title"]]
    text = marked.get("text") or marked.get("text.german") or [shortened(source["text"], 240)]
    return Hit(review_id=UUID(raw["_id"]), version=raw["_version"], title=title[0], text=" … ".join(text))
