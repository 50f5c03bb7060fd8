"""How often a threshold would have been passed lately: the live steps (limits.py) over what rows remember."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from calls.floor.alarms import FEW, WINDOW, Rules
from calls.floor.limits import CALM, Limit, Seen, Severity, step
from calls.models import OF_QUEUES, Kind, Threshold, Waiting

BACK = timedelta(hours=24)
EVERY = timedelta(seconds=5)  # between two looks; a mark counts from when it was reached, however late that is seen


@dataclass(frozen=True, slots=True)
class Past:
    """Somebody who waited. `gone`: when they waited no longer."""

    entered_at: datetime
    gone: datetime
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hindsight:
    raised: int
    red: int
    longest: timedelta


def would_have(threshold: Threshold, now: datetime) -> Hindsight | None:
    """Of one that need not be saved yet, by the last 24 hours. None: of time on hold or in talk rows say too little."""
    if threshold.kind not in OF_QUEUES:
        return None
    rules = Rules()
    rules.take(threshold)
    mine = [queue for queue, place in rules.queues.items() if rules.own(threshold.kind, place) is threshold]
    waited: dict[int, list[Past]] = defaultdict(list)
    columns = ("queue", "entered_at", "left_at", "call__started_at", "call__answered_at", "call__ended_at")
    left_since = Q(left_at__gt=now - BACK - WINDOW) | Q(left_at=None, call__started_at__gt=now - BACK - WINDOW)
    since = Waiting.objects.filter(left_since, queue__in=mine).order_by("entered_at")
    for queue, entered, left, started, answered, ended in since.values_list(*columns):
        waited[queue].append(Past(entered, left or ended or now, started or entered, answered, ended))
    lives: list[tuple[timedelta, bool]] = []
    for queue, past in waited.items():
        place = rules.queues[queue]
        limit = rules.limit(threshold.kind, place)
        lives += raised(threshold.kind, past, place.target, limit, now) if limit else []
    longest = max((life for life, _ in lives), default=timedelta())
    return Hindsight(len(lives), sum(red for _, red in lives), longest)


def raised(
    kind: str, past: Sequence[Past], target: int, limit: Limit, now: datetime
) -> Iterator[tuple[timedelta, bool]]:
    """How long each alarm of one queue would have lasted, and whether it turned red."""
    state, began, red, at = CALM, now, False, now - BACK
    coming, near = deque(past), list[Past]()
    while at < now and (coming or near):
        while coming and coming[0].entered_at <= at:
            near.append(coming.popleft())
        near = [one for one in near if one.gone > at or one.started_at > at - WINDOW]
        after = step(state, seen(kind, near, target, at), limit, at)
        if after.severity and not state.severity:
            began, red = at, False
        red = red or after.severity is Severity.RED
        if state.severity and not after.severity:
            yield at - began, red
        state, at = after, at + EVERY
    if state.severity:
        yield at - began, red


def seen(kind: str, past: Sequence[Past], target: int, at: datetime) -> Seen | None:
    """What a look at this moment would have seen."""
    if kind == Kind.SERVICE:
        return level(past, target, at)
    came = tuple(one.entered_at for one in past if one.entered_at <= at < one.gone)
    if not came:
        return None
    return Seen.number(came) if kind == Kind.WAITING else Seen.time(came[0], at)


def level(past: Sequence[Past], target: int, at: datetime) -> Seen | None:
    recent = [one for one in past if at - WINDOW < one.started_at <= at]
    answered = [one for one in recent if one.answered_at and one.answered_at <= at]
    gone = [one for one in recent if one.ended_at and one.ended_at <= at and one not in answered]
    if len(answered) + len(gone) < FEW:
        return None
    good = sum((one.answered_at - one.entered_at).total_seconds() <= target for one in answered if one.answered_at)
    return Seen(round(100 * good / (len(answered) + len(gone))))
