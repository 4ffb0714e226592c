"""The check of a table of states: what the table does not list is illegal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from chassis.core.errors import DomainError, Kind

State = TypeVar("State", bound=StrEnum)

#: For each state, the states that may follow it.
Transitions = Mapping[State, frozenset[State]]


class IllegalTransition(DomainError):
    """This is not possible in the present state."""

    code, kind = "illegal_transition", Kind.CONFLICT


def moved(transitions: Transitions[State], before: State, after: State, *, what: str) -> State:
    """Return `after` if the table lets `before` become it; staying the same is no move.

    `what` names the thing in the error, as "A payment". Raises IllegalTransition.
    """
    if after not in transitions[before]:
        raise IllegalTransition(f"{what} that is {before} cannot become {after}.")
    return after


def sources(transitions: Transitions[State], after: State) -> frozenset[State]:
    """Return the states from which `after` can be reached in one move."""
    return frozenset(before for before, targets in transitions.items() if after in targets)
