"""One way to write: a function that is one transaction, on every engine.

`django.db.transaction.atomic` is silently nothing on MongoDB, so nothing else may call it.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db import transaction as django_transaction

from chassis.unit_of_work import UnitOfWork

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 8
#: Seconds after which a conflict is not retried: a hanging server's lost connection is one, too, on MongoDB.
LONGEST_RETRY = 10.0
#: MySQL: deadlock, lock wait timeout, record changed under READ COMMITTED.
_MYSQL_CONFLICTS = {1213, 1205, 1020}
#: PostgreSQL: serialization failure, deadlock, lock not available.
_POSTGRES_CONFLICTS = {"40001", "40P01", "55P03"}

#: PostgreSQL's limits for the lock wait and the run time of a statement.
_LIMITS = "SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '30s'"

_open: ContextVar[UnitOfWork | None] = ContextVar("unit_of_work", default=None)


class Conflict(DatabaseError):
    """Two transactions conflicted; the one that raises this can run again."""


def transactional(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function as one transaction, and again from the start after a conflict.

    A call inside another transactional function joins its transaction. The function must be safe to run twice, so it
    makes no call that leaves the process.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _open.get() is not None:
            return function(*args, **kwargs)
        began = time.monotonic()
        for attempt in range(ATTEMPTS):
            try:
                with _transaction():
                    return function(*args, **kwargs)
            except DatabaseError as error:
                late = attempt == ATTEMPTS - 1 or time.monotonic() - began > LONGEST_RETRY
                if late or not is_conflict(error):
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))
        raise AssertionError("unreachable")

    return run


def unit_of_work() -> UnitOfWork:
    """Return the unit of work of the open transaction. Raises RuntimeError when there is none."""
    unit = _open.get()
    if unit is None:
        raise RuntimeError("there is no open transaction")
    return unit


def after_commit(action: Callable[[], Any]) -> None:
    """Run `action` after the commit of the open transaction, or at once when there is none."""
    if connection.vendor == "mongodb":
        from django_mongodb_backend import transaction as mongo

        mongo.on_commit(action, robust=True)
    else:
        django_transaction.on_commit(action, robust=True)


def is_conflict(error: DatabaseError) -> bool:
    """Return whether the error is a conflict with a concurrent transaction."""
    if isinstance(error, Conflict):
        return True
    cause = error.__cause__
    if cause is not None and hasattr(cause, "has_error_label"):
        return bool(cause.has_error_label("TransientTransactionError"))
    if getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None):
        return (getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)) in _POSTGRES_CONFLICTS
    return connection.vendor == "mysql" and bool(error.args) and error.args[0] in _MYSQL_CONFLICTS


def is_unavailable(error: BaseException) -> bool:
    """Return whether the database could not be reached or was too busy, so that the same request may succeed later."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    if connection.vendor != "mongodb":
        return False
    from pymongo.errors import ConnectionFailure

    lost = any(isinstance(each, ConnectionFailure) for each in (error, error.__cause__))
    return lost or (isinstance(error, DatabaseError) and is_conflict(error))


def database_is_away() -> bool:
    """Return whether the database answers no query at all. Otherwise an error concerns one statement."""
    from chassis.jobs.models import Job

    try:
        Job.objects.filter(name="").exists()
    except DatabaseError:
        return True
    return False


@contextmanager
def _transaction() -> Iterator[None]:
    unit = UnitOfWork()
    token = _open.set(unit)
    try:
        with _atomic():
            if connection.vendor == "postgresql":
                _limit_statements()
            yield
            unit.write()
    finally:
        _open.reset(token)


def _limit_statements() -> None:
    """Limit statements of this transaction: connection options would end migrations, and pgbouncer rejects them."""
    with connection.cursor() as cursor:
        cursor.execute(_LIMITS)


def _atomic() -> AbstractContextManager[Any]:
    if connection.vendor == "mongodb":
        from django_mongodb_backend import transaction as mongo

        made: AbstractContextManager[Any] = mongo.atomic()
        return made
    return django_transaction.atomic()
