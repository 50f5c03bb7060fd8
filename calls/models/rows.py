"""Many rows in one statement: what the writer does with every batch, far cheaper than Django's own ways are for that.

Those build each statement anew and prepare and quote each value by itself. Here the text of a statement never changes,
and one parameter holds all values.
"""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.sql import Query

Row = TypeVar("Row", bound=models.Model)


def take(model: type[Row], column: str, values: Collection[Any], *, lock: bool = False) -> list[Row]:
    """The rows in which this column has one of these values; locked, in the order of their keys, where rows can be."""
    if not values:
        return []
    with connection.cursor() as cursor:
        cursor.execute(query(model, column, lock), [many(values)])
        found = cursor.fetchall()
    fields = model._meta.concrete_fields
    compiler = connection.ops.compiler("SQLCompiler")(Query(model), connection, connection.alias)
    converters = compiler.get_converters([field.get_col(model._meta.db_table) for field in fields])
    names = [field.attname for field in fields]
    return [
        model.from_db(connection.alias, names, row)
        for row in (compiler.apply_converters(found, converters) if converters else found)
    ]


@cache
def query(model: type[models.Model], column: str, lock: bool) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in model._meta.concrete_fields)
    asked = f"SELECT {names} FROM {quote(model._meta.db_table)} WHERE {quote(column)} {AMONG[connection.vendor]}"  # noqa: S608
    if lock:
        asked += f" ORDER BY {quote(str(model._meta.pk.column))}"
        asked += " FOR UPDATE" if connection.features.has_select_for_update else ""
    return asked


AMONG = {"postgresql": "= ANY(%s)", "sqlite": "IN (SELECT value FROM json_each(%s))"}


def many(values: Collection[Any]) -> Any:
    """As one parameter, for AMONG."""
    return list(values) if connection.vendor == "postgresql" else json.dumps(list(values), default=as_sqlite_has_it)


def put(rows: Sequence[Row], *, over: bool = True) -> None:
    """Write these rows, all of one model, whole; `over` those that are there with the same primary key, or not at all.

    Rows that are numbered by the database are always new, and do not learn their numbers.
    """
    if not rows:
        return
    model = type(rows[0])
    names = [(column, field.attname) for column, field in columns(model).items()]
    values = [{column: getattr(row, name) for column, name in names} for row in rows]
    told = json.dumps(values, default=str if connection.vendor == "postgresql" else as_sqlite_has_it)
    with connection.cursor() as cursor:
        cursor.execute(statement(model, over), [told])


@cache
def columns(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    fields = model._meta.concrete_fields
    return {str(field.column): field for field in fields if not isinstance(field, models.AutoField)}


@cache
def statement(model: type[models.Model], over: bool) -> str:
    quote, fields = connection.ops.quote_name, columns(model)
    names = ", ".join(map(quote, fields))
    if connection.vendor == "postgresql":
        types = ", ".join(f"{quote(column)} {type_of(field)}" for column, field in fields.items())
        said = f"SELECT {names} FROM json_to_recordset(%s) AS told({types})"  # noqa: S608  names of our models
    else:
        values = ", ".join(f"json_extract(value, '$.{column}')" for column in fields)
        said = f"SELECT {values} FROM json_each(%s) WHERE true"  # noqa: S608
    insert = f"INSERT INTO {quote(model._meta.db_table)} ({names}) {said}"  # noqa: S608
    key = str(model._meta.pk.column)
    if key not in fields:
        return insert
    news = ", ".join(f"{quote(column)} = excluded.{quote(column)}" for column in fields if column != key)
    return f"{insert} ON CONFLICT ({quote(key)}) DO {f'UPDATE SET {news}' if over else 'NOTHING'}"


def type_of(field: "models.Field[Any, Any]") -> str:
    """As text what is text: the column itself refuses what is too long for it."""
    return "text" if isinstance(field, models.CharField) else str(field.db_type(connection))


def as_sqlite_has_it(value: object) -> str:
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value.hex if isinstance(value, UUID) else str(value)
