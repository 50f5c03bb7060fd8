"""Many rows in one statement: what the writer does with every batch, far cheaper than Django's own ways are for that.

Those build each statement anew and prepare and quote each value by itself. Here the text of a statement never changes;
on PostgreSQL one parameter holds all rows of a table, and on SQLite, where nothing travels, they go one by one.
"""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.sql import Query

Row = TypeVar("Row", bound=models.Model)
Version = object  # to be compared, and nothing else


def take(
    model: type[Row], column: str, values: Collection[Any], *, lock: bool = False, where: str = "true"
) -> list[Row]:
    """The rows in which this column has one of these values; locked, in the order of their keys, where rows can be.

    `where` is a further condition, always the same text: it becomes a part of the statement.
    """
    if not values:
        return []
    found = ask(query(model, column, lock, where), values)
    fields = model._meta.concrete_fields
    compiler = connection.ops.compiler("SQLCompiler")(Query(model), connection, connection.alias)
    converters = compiler.get_converters([field.get_col(model._meta.db_table) for field in fields])
    names = [field.attname for field in fields]
    return [
        model.from_db(connection.alias, names, row)
        for row in (compiler.apply_converters(found, converters) if converters else found)
    ]


def ask(question: str, *values: Collection[Any]) -> list[tuple[Any, ...]]:
    """What the database answers to a question about these values (`AMONG` them, as it says in the text)."""
    with connection.cursor() as cursor:
        cursor.execute(question, [many(some) for some in values])
        return cursor.fetchall()


@cache
def query(model: type[models.Model], column: str, lock: bool, where: str) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in model._meta.concrete_fields)
    asked = f"SELECT {names} FROM {quote(model._meta.db_table)}"  # noqa: S608  names of our models
    asked += f" WHERE {quote(column)} {AMONG[connection.vendor]} AND {where}"
    if lock:
        asked += f" ORDER BY {quote(str(model._meta.pk.column))}"
        asked += " FOR UPDATE" if connection.features.has_select_for_update else ""
    return asked


AMONG = {"postgresql": "= ANY(%s)", "sqlite": "IN (SELECT value FROM json_each(%s))"}


def many(values: Collection[Any]) -> Any:
    """As one parameter, for AMONG."""
    if connection.vendor == "postgresql":
        return list(values)
    return json.dumps([as_sqlite_has_it(value) for value in values])


def database_version() -> Version:
    """SQLite's: who asks, how often others have committed, and how many rows this connection has written itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT data_version, total_changes() FROM pragma_data_version")
        return connection.connection, *cursor.fetchone()


def put(*tables: Sequence[models.Model], over: bool = True) -> None:
    """Write these rows whole, each table's in one go and all in one trip where the database can; `over` those that are
    there with the same primary key, or not at all.

    Rows that are numbered by the database are always new, and do not learn their numbers.
    """
    tables = tuple(rows for rows in tables if rows)
    if not tables:
        return
    texts = [statement(type(rows[0]), over) for rows in tables]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(together(*texts), [told_of([values_of(row) for row in rows]) for rows in tables])
        else:  # nothing travels, and to take JSON apart again is what would cost most
            for text, rows in zip(texts, tables, strict=True):
                cursor.executemany(
                    text, [[as_sqlite_has_it(value) for value in values_of(row).values()] for row in rows]
                )


@cache
def together(*texts: str) -> str:
    """One statement of several, of which none sees what another does."""
    *first, last = texts
    return f"WITH {', '.join(f'part{n} AS ({text})' for n, text in enumerate(first))} {last}" if first else last


def values_of(row: models.Model) -> dict[str, Any]:
    return {column: getattr(row, name) for column, name in names_of(type(row))}


@cache
def names_of(model: type[models.Model]) -> list[tuple[str, str]]:
    return [(column, field.attname) for column, field in columns(model).items()]


def told_of(values: Sequence[dict[str, Any]]) -> str:
    """Rows as one parameter, for PostgreSQL."""
    return json.dumps(values, default=str)


@cache
def columns(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    fields = model._meta.concrete_fields
    return {str(field.column): field for field in fields if not isinstance(field, models.AutoField)}


@cache
def statement(model: type[models.Model], over: bool) -> str:
    quote, fields = connection.ops.quote_name, columns(model)
    names = ", ".join(map(quote, fields))
    insert = f"INSERT INTO {quote(model._meta.db_table)} ({names}) {said(model)}"  # noqa: S608
    key = str(model._meta.pk.column)
    if key not in fields:
        return insert
    news = ", ".join(f"{quote(column)} = excluded.{quote(column)}" for column in fields if column != key)
    return f"{insert} ON CONFLICT ({quote(key)}) DO {f'UPDATE SET {news}' if over else 'NOTHING'}"


@cache
def said(model: type[models.Model]) -> str:
    """The rows in a parameter as a query of them; of SQLite, which is given one after the other, one row."""
    quote, fields = connection.ops.quote_name, columns(model)
    if connection.vendor == "postgresql":
        types = ", ".join(f"{quote(column)} {type_of(field)}" for column, field in fields.items())
        return f"SELECT {', '.join(map(quote, fields))} FROM json_to_recordset(%s) AS told({types})"  # noqa: S608
    return f"VALUES ({', '.join('%s' for _ in fields)})"


def type_of(field: "models.Field[Any, Any]") -> str:
    """As text what is text: the column itself refuses what is too long for it."""
    return "text" if isinstance(field, models.CharField) else str(field.db_type(connection))


def as_sqlite_has_it(value: Any) -> Any:
    convert = SQLITE.get(type(value))
    return value if convert is None else convert(value)


SQLITE: dict[type, Callable[[Any], str]] = {
    datetime: lambda value: str(value.astimezone(UTC).replace(tzinfo=None)),
    UUID: lambda value: value.hex,
    Decimal: str,
    dict: json.dumps,
    list: json.dumps,
}
