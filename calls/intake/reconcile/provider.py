"""Does Twilio's API answer, and which of our calls can be verified? One row for the floor, a mark on the calls."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from calls.live import hint
from calls.models import Call, Sweep, publish

SILENCE = timedelta(seconds=90)  # what was heard of a call counts for so long while nobody can be asked
BATCH = 200
log = logging.getLogger(__name__)


def answered(at: datetime) -> None:
    """A whole comparison was made; it began at `at`."""
    row, _ = Sweep.objects.get_or_create(pk=1)
    if row.failing_since is not None:
        log.info("Twilio's API answers again.")
    Sweep.objects.filter(pk=1).update(swept_at=at, tried_at=at, failing_since=None, why="")


def unanswered(since: datetime, at: datetime, why: str) -> None:
    """No answer since `since`, the last try at `at`."""
    row, _ = Sweep.objects.get_or_create(pk=1)
    if row.failing_since is None:
        log.error("Twilio's API does not answer since %s: %s", since, why)
    Sweep.objects.filter(pk=1).update(tried_at=at, failing_since=row.failing_since or since, why=why[:200])


def failing_since() -> datetime | None:
    return Sweep.objects.filter(pk=1).values_list("failing_since", flat=True).first()


def open_calls() -> "QuerySet[Call]":
    """Who was merged has ended as well. Asked about both, SQLite goes through every call there ever was."""
    return Call.objects.filter(ended_at=None)


def doubt(since: datetime, now: datetime) -> None:
    """Calls of which nothing was heard since (or for longer than `SILENCE`) may be over, and nobody can be asked."""
    unheard = Q(heard_at=None) | Q(heard_at__lte=max(since, now - SILENCE))
    flip(open_calls().filter(unheard, unverified_since=None), lambda call: max(since, call.heard_at or since))
    heard = open_calls().filter(unverified_since__isnull=False).exclude(unheard)
    flip(heard, lambda call: None)


def trust(missing: Collection[str]) -> None:
    """Twilio has confirmed all live calls but those of these legs."""
    marked = open_calls().filter(unverified_since__isnull=False)
    if missing and marked.exists():
        marked = marked.exclude(pk__in=Call.objects.filter(legs__in=missing, legs__ended_at=None))
    flip(marked, lambda call: None)


def vouch(call: UUID) -> None:
    """Twilio has just told us of every live leg of this one."""
    flip(open_calls().filter(pk=call, unverified_since__isnull=False), lambda call: None)


def flip(calls: "QuerySet[Call]", since: Callable[[Call], datetime | None]) -> None:
    """Mark these calls, or take the mark away, a few at a time; who is read under the lock is who is written."""
    found = sorted(calls.values_list("pk", flat=True))
    for start in range(0, len(found), BATCH):
        with transaction.atomic():
            some = found[start : start + BATCH]
            held = list(calls.filter(pk__in=some).select_for_update(of=("self",)).order_by("pk"))
            for call in held:
                call.unverified_since = since(call)
            Call.objects.bulk_update(held, ["unverified_since"])
            hint.publish_on_commit(publish(call.pk for call in held))
