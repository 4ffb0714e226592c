"""Errors that a domain raises. They name a fact; only `chassis.http.problems` knows about HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """The category of an error."""

    INVALID = "invalid"  # the request makes no sense; do not send it again as it is
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"  # also for an object of another customer
    CONFLICT = "conflict"  # valid, but not in the current state
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"  # try again later


class DomainError(Exception):
    """A rule of the domain was violated.

    A subclass sets `code` (stable, for programs) and `kind`; the first line of its docstring is the default message
    for people. `facts` are copied into the problem document, so they must be plain JSON and safe to show.
    """

    code: ClassVar[str] = "domain_error"
    kind: ClassVar[Kind] = Kind.INVALID

    def __init__(self, message: str = "", **facts: Any) -> None:
        self.message = message or (type(self).__doc__ or type(self).__name__).strip().splitlines()[0]
        self.facts: Mapping[str, Any] = facts
        super().__init__(self.message)
