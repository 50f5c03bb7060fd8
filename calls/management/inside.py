"""The doctor looks at this installation: settings, database, layer, and what has come in."""

import asyncio
from collections.abc import Generator, Iterator

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.checks import run_checks
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from calls.live.hint import layer_answers
from calls.management.findings import Finding, ago
from calls.models import Report, Sweep
from calls.twilio.reports import Source

PATIENCE = 3  # seconds that the layer has
LATEST_SWEEP = 90  # seconds; one is due every 30
QUIET = 24 * 3600  # seconds without a callback, after which we do not call it proved any more


def look() -> Iterator[Finding]:
    yield from makes_sense()
    yield from layer()
    try:
        if (yield from database()):
            yield from callbacks()
            yield from sweep()
    except Error as error:
        first = (str(error).splitlines() or ["it does not say why"])[0]
        yield Finding("database", False, f"It cannot be used: {first}", "Look at DATABASE_URL, and at its server.")


def makes_sense() -> Iterator[Finding]:
    # On a loopback address the checks for production want what cannot be had.
    found = [one for one in run_checks(include_deployment_checks=not settings.LOOPBACK) if not one.is_silenced()]
    for one in found:
        yield Finding("settings", False if one.is_serious() else None, one.msg, one.hint or "")
    if not found:
        yield Finding("settings", True, "Every setting makes sense.")


def layer() -> Iterator[Finding]:
    async def answers() -> bool:
        async with asyncio.timeout(PATIENCE):
            return await layer_answers()

    where = "Redis" if settings.REDIS_URL else "The memory of one process"
    try:
        good = async_to_sync(answers)()
    except TimeoutError:
        good = False
    if good:
        yield Finding("layer", True, f"{where} takes hints.")
    else:
        yield Finding("layer", False, f"{where} does not take hints: desks are two seconds late.", "Look at REDIS_URL.")


def database() -> Generator[Finding, None, bool]:
    """Returns whether its tables are as this version of the program wants them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sqlite_version()")
            name = f"SQLite {cursor.fetchone()[0]}"
            cursor.execute("PRAGMA journal_mode")
            good = cursor.fetchone()[0] == "wal"
        else:
            cursor.execute("SHOW server_version")
            name, good = f"PostgreSQL {cursor.fetchone()[0]}", True
    if good:
        yield Finding("database", True, f"{name} answers.")
    else:
        yield Finding("database", False, f"{name} has no WAL.", "Keep its file on a disk of this machine.")
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield Finding("migrations", False, f"Not applied yet: {missing}.", "Run `manage.py migrate`.")
    else:
        yield Finding("migrations", True, "All are applied.")
    return not missing


def callbacks() -> Iterator[Finding]:
    said = Report.objects.exclude(source=Source.REST)  # what we asked for says nothing about who calls us
    last = said.order_by("-received_at").values_list("received_at", flat=True).first()
    if last is None:
        yield Finding("callbacks", None, "None has ever come.", "Run `manage.py connect_twilio` and call the number.")
        return
    age = (timezone.now() - last).total_seconds()
    if age > QUIET:
        yield Finding("callbacks", None, f"The last one came {ago(age)} ago.", "Call one of your lines.")
    else:
        yield Finding("callbacks", True, f"The last one came {ago(age)} ago.")


def sweep() -> Iterator[Finding]:
    row = Sweep.objects.filter(pk=1).first()
    if row is None or row.tried_at is None:
        yield Finding("reconciler", None, "It has never compared our calls with Twilio's.", "It runs in the server.")
        return
    age = ago((timezone.now() - row.swept_at).total_seconds()) + " ago" if row.swept_at else "never"
    if row.down:
        yield Finding("reconciler", False, f"Twilio does not answer it: {row.why} Last compared: {age}.", "See above.")
    elif row.swept_at is None or (timezone.now() - row.swept_at).total_seconds() > LATEST_SWEEP:
        yield Finding("reconciler", False, f"Last compared with Twilio: {age}.", "Start the server, or read its log.")
    else:
        yield Finding("reconciler", True, f"Last compared with Twilio: {age}.")
