"""Queries whose SQL the ORM builds once, with places for the values of each run.

For the few queries that run many times a second: building their SQL costs the ORM more than running them.
`chassis.statements` has the simplest shapes; here a query is written as any other. MongoDB takes the ORM's way.

    DUE = Prepared(lambda now: Task.objects.filter(due_at__lte=now).values_list("id"), now=DateTimeField())
    DUE.rows(now=timezone.now())
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Field, QuerySet, Value
from django.db.models.sql import UpdateQuery

from chassis.statements import padded

Values = Mapping[str, Any]


class _Place(Value):
    """The place of a parameter, or of one element of a list, among the parameters of a statement."""

    def __init__(self, name: str, index: int, field: Field[Any, Any]) -> None:
        super().__init__((name, index), output_field=field)
        self.parameter, self.index = name, index

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value_in(self, values: Values) -> Any:
        given = values[self.parameter]
        one = given[self.index] if isinstance(given, list) else given
        return self.output_field.get_db_prep_value(one, connection)


@dataclass(frozen=True)
class _Statement:
    sql: str
    parameters: Sequence[Any]
    #: By column: what makes a Python value of the driver's, and the expression that it is given.
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]

    def parameters_for(self, values: Values) -> list[Any]:
        return [each.value_in(values) if isinstance(each, _Place) else each for each in self.parameters]

    def converted(self, row: Sequence[Any]) -> tuple[Any, ...]:
        found = list(row)
        for column, (functions, expression) in self.converters.items():
            for function in functions:
                found[column] = function(found[column], expression, connection)
        return tuple(found)


class Prepared:
    """A query, or with `changes` an update, with named parameters and their fields.

    `query` returns a queryset; one of rows has `values_list`. `changes` returns the new value of each column. Both take
    the parameters by name. A list has at least one element, and is padded.
    """

    def __init__(
        self,
        query: Callable[..., QuerySet[Any, Any]],
        changes: Callable[..., Mapping[str, Any]] | None = None,
        **parameters: Field[Any, Any],
    ) -> None:
        self._query, self._changes, self._parameters = query, changes, parameters
        self._statements: dict[tuple[Any, ...], _Statement] = {}

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        if connection.vendor == "mongodb":
            return list(self._query(**values))
        values = _padded(values)
        statement = self._statement(values)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.parameters_for(values))
            return [statement.converted(row) for row in cursor.fetchall()]

    def update(self, **values: Any) -> int:
        """Change the rows and return their number."""
        assert self._changes is not None
        if connection.vendor == "mongodb":
            return self._query(**values).update(**self._changes(**values))
        values = _padded(values)
        statement = self._statement(values)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.parameters_for(values))
            return int(cursor.rowcount)

    def _statement(self, values: Values) -> _Statement:
        lengths = (len(value) if isinstance(value, list) else None for value in values.values())
        key = (connection.vendor, *zip(values, lengths, strict=True))
        if key not in self._statements:
            self._statements[key] = self._built(values)
        return self._statements[key]

    def _built(self, values: Values) -> _Statement:
        places = {name: self._places(name, value) for name, value in values.items()}
        query: Any = self._query(**places).query
        if self._changes is not None:
            query = query.chain(UpdateQuery)
            query.add_update_values(self._changes(**places))
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        selected = [column for column, *_ in getattr(compiler, "select", None) or ()]
        return _Statement(sql, parameters, compiler.get_converters(selected))

    def _places(self, name: str, value: Any) -> Any:
        field = self._parameters[name]
        if isinstance(value, list):
            return [_Place(name, index, field) for index in range(len(value))]
        return _Place(name, 0, field)


def _padded(values: Values) -> dict[str, Any]:
    return {name: padded(value) if isinstance(value, list) else value for name, value in values.items()}
