"""Errors that a domain raises. They name a fact; only `chassis.http.problems` knows about HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """What sort of "no" an error is."""

    INVALID = "invalid"  # the request makes no sense; do not send it again as it is
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"  # also the answer for an object of somebody else
    CONFLICT = "conflict"  # it makes sense, but not in the present state
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"  # try again later


class DomainError(Exception):
    """A rule said no.

    A subclass sets `code` (stable, for programs) and `kind`; its docstring's first line is the
    sentence that people read when the raiser gives no better one. `facts` go into the problem
    document as they are, so they must be plain JSON and safe to show.
    """

    code: ClassVar[str] = "domain_error"
    kind: ClassVar[Kind] = Kind.INVALID

    def __init__(self, message: str = "", **facts: Any) -> None:
        self.message = message or (type(self).__doc__ or type(self).__name__).strip().splitlines()[0]
        self.facts: Mapping[str, Any] = facts
        super().__init__(self.message)
