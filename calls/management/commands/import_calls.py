"""`manage.py import_calls --since 2026-11-01`: the account's past, from Twilio's list of calls."""

import logging
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from calls.intake.reconcile.pace import Pace
from calls.intake.reconcile.sweep import CHANCE, record_all
from calls.models import Import, Leg
from calls.twilio import gateway
from calls.twilio.reports import HISTORY, from_rest
from calls.twilio.schema import TERMINAL, Nonsense

TRIES = 6  # of one page, with ever longer pauses
PACE = 1.0  # seconds a page
BAD_REQUEST = 400
Resource = dict[str, Any]
log = logging.getLogger(__name__)
AGAIN = "Run the same command again: it goes on where it stopped."


class Waiting(NamedTuple):
    leg: Resource
    page: str  # the cursor of the page that it was on


def moment(text: str) -> datetime:
    """A day (its beginning) or a moment; without an offset in the time zone of the settings."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"{text!r} is neither a day (2026-11-01) nor a moment (2026-11-01T08:00+01:00)"
        ) from error
    return found if found.tzinfo else timezone.make_aware(found)


class Command(BaseCommand):
    help = "Reads the account's calls that began in a span of time and records those that are not known. " + AGAIN

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=moment, required=True, help="a day or a moment: 2026-11-01")
        parser.add_argument("--before", type=moment, help="a day or a moment; now, if it is not given")
        parser.add_argument("--pace", type=float, default=PACE, help=f"seconds between two pages of 1,000 ({PACE:g})")

    def handle(self, *, since: datetime, before: datetime | None, pace: float, **options: Any) -> None:
        if (before or timezone.now()) <= since:
            raise CommandError("--before must be later than --since.")
        run = going_on(since, before) or Import.objects.create(since=since, before=before or timezone.now())
        self.done: Counter[str] = Counter()
        self.pace = Pace(time.monotonic, time.sleep, CHANCE.random, gap=pace)
        bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"), TimeElapsedColumn(),
            console=Console(),
        )  # fmt: skip
        try:
            with bar:
                self.read(run, bar)
        except KeyboardInterrupt:
            self.stdout.write(f"Stopped after {run.calls:,} legs. {AGAIN}")
            sys.exit(130)
        except (gateway.Refused, gateway.Unreachable) as error:
            raise CommandError(f"{error} {run.calls:,} legs were read. {AGAIN}") from error
        done = self.done
        self.stdout.write(
            f"{run.calls:,} legs read: {done['new']:,} new, {done['more']:,} of which more is known now, "
            f"{done['known']:,} known, {done['nonsense']:,} without sense."
        )

    def read(self, run: Import, bar: Progress) -> None:
        """Page by page, newest first. A child waits for its parent, on a page further back: without it it looks alive.

        Where we are is written down when it is recorded: at the first page of which something waits still.
        """
        whole = (run.before - run.since).total_seconds()
        task = bar.add_task(f"{run.since:%Y-%m-%d} to {run.before:%Y-%m-%d}", total=whole, done=f"{run.calls:,} legs")
        waiting: dict[str, Waiting] = {}
        cursor, more = run.cursor, True
        while more:
            asked_at = timezone.now()
            here, legs, cursor = self.page(run, cursor)
            more = bool(cursor)
            waiting |= {str(leg.get("sid")): Waiting(leg, here) for leg in legs}
            if not more:
                waiting |= self.parents(orphans(waiting))
            later = orphans(waiting) if more else {}
            self.take_in([leg for sid, (leg, _) in waiting.items() if sid not in later], asked_at)
            waiting = {sid: each for sid, each in waiting.items() if sid in later}
            run.cursor = next((each.page for each in waiting.values()), cursor)
            run.calls, run.done_at = run.calls + len(legs), None if more else timezone.now()
            run.save()
            show(bar, task, run, legs)

    def parents(self, children: dict[str, str]) -> "dict[str, Waiting]":
        """Those that began before the span."""
        found = {}
        for parent in set(children.values()):
            self.pace.turn()
            try:
                found[parent] = Waiting(gateway.fetch_leg(parent), "")
            except gateway.Refused as error:
                log.info("A parent is not known to Twilio: %s", error)
        return found

    def page(self, run: Import, cursor: str) -> tuple[str, list[Resource], str]:
        """The cursor that was used ("" where Twilio has forgotten this one), the legs, the next cursor."""
        for left in reversed(range(TRIES)):
            self.pace.turn()
            try:
                legs, following = gateway.list_legs(since=run.since, before=run.before, cursor=cursor)
            except gateway.Refused as error:
                if error.status == BAD_REQUEST and cursor:
                    cursor = ""  # a place that Twilio has forgotten: from the beginning, what is known costs little
                    continue
                self.pace.failed(too_many=error.status == 429)
                if not left or error.status in (401, 403):
                    raise
            except gateway.Unreachable:
                self.pace.failed(too_many=False)
                if not left:
                    raise
            else:
                self.pace.answered()
                return cursor, legs, following
        raise CommandError(f"Twilio does not know the place where the import stood. {AGAIN}")

    def take_in(self, legs: list[Resource], asked_at: datetime) -> None:
        told = {str(leg.get("sid")): leg for leg in legs}
        rows = Leg.objects.filter(sid__in=told).values_list("sid", "ended_at", "price", "direction")
        known = {sid: (ended_at, price, direction) for sid, ended_at, price, direction in rows}
        reports = []
        for sid, leg in reversed(told.items()):  # oldest first: parents before their children, as a rule
            if sid in known and not says_more(known[sid], leg):
                self.done["known"] += 1
                continue
            try:
                reports.append(from_rest(leg, asked_at=asked_at, door=HISTORY))
            except Nonsense:
                self.done["nonsense"] += 1
            else:
                self.done["more" if sid in known and known[sid][2] else "new"] += 1
        record_all(reports)


def going_on(since: datetime, before: datetime | None) -> Import | None:
    """The import of this span that did not come to its end."""
    begun = Import.objects.filter(since=since, done_at=None)
    return (begun.filter(before=before) if before else begun).order_by("-began_at").first()


def orphans(waiting: dict[str, Waiting]) -> dict[str, str]:
    """Legs whose parent is neither known nor among these, or waits for its own; and that parent."""
    parents = {sid: str(parent) for sid, (leg, _) in waiting.items() if (parent := leg.get("parent_call_sid"))}
    outside = set(parents.values()) - waiting.keys()
    known = set(Leg.objects.filter(sid__in=outside).exclude(direction="").values_list("sid", flat=True))
    lacking = outside - known
    found: dict[str, str] = {}
    while more := {sid: parent for sid, parent in parents.items() if parent in lacking and sid not in found}:
        found |= more
        lacking = lacking | more.keys()
    return found


def says_more(known: tuple[Any, Any, str], leg: Resource) -> bool:
    """Its end, its price, or who it is."""
    ended_at, price, direction = known
    over = leg.get("status") in TERMINAL
    return (over and ended_at is None) or (price is None and bool(leg.get("price"))) or not direction


def show(bar: Progress, task: TaskID, run: Import, legs: list[Resource]) -> None:
    """How far back the page went: Twilio does not say how many there are."""
    oldest = run.since if run.done_at else began(legs[-1]) if legs else None
    done = f"{run.calls:,} legs"
    if oldest is None:
        bar.update(task, done=done)
    else:
        bar.update(task, completed=max(0.0, (run.before - oldest).total_seconds()), done=done)


def began(leg: Resource) -> datetime | None:
    try:
        return from_rest(leg, asked_at=timezone.now()).started_at
    except Nonsense:
        return None
