"""Alarms: twice a second one process looks at every queue and team, and tells what is too much, and what not any more.

By a handful of small queries, however much is reported meanwhile; nothing here is asked for each report. A mark counts
from the moment at which it was reached (an arrival, the begin of a wait), so a late look raises no later alarm.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils import timezone

from calls.floor.limits import CALM, Limit, Seen, Severity, State, step
from calls.models import OUT_OF_THE_BOX, Alarm, Call, Kind, Queue, Threshold, Waiting

WINDOW = timedelta(minutes=30)  # whose calls make up a service level
FEW = 5  # of so few callers a service level says nothing
ROUND = 0.5  # seconds between two looks
Status = Call.Status


@dataclass(frozen=True, slots=True)
class Place:
    """A queue, or the calls of a team (or of none) that are in no queue."""

    team: int | None
    queue: int | None = None
    target: int = 0  # seconds

    @classmethod
    def of(cls, queue: Queue) -> "Place":
        return cls(queue.team_id, queue.pk, queue.target_seconds)

    def key(self, kind: str) -> str:
        return f"{kind}-queue-{self.queue}" if self.queue else f"{kind}-team-{self.team or 0}"


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of one kind at one place. `call`: whose time it is; `number`: how many calls there are of it."""

    seen: Seen
    call: UUID | None = None
    number: int = 1


Sights = dict[tuple[str, Place], Sight]


class Lookout:
    """Remembers what is not long enough yet; all that was raised is in rows, for whoever goes on after a restart."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}

    def look(self, now: datetime | None = None) -> None:
        """One look at everything."""
        now = now or timezone.now()
        rules = Rules()
        sights, known = see(rules, now), {alarm.key: alarm for alarm in Alarm.objects.filter(cleared_at=None)}
        there = {place.key(kind): (kind, place) for kind, place in sights}
        there |= {alarm.key: (alarm.kind, rules.place_of(alarm)) for alarm in known.values() if alarm.key not in there}
        states = {}
        for key, (kind, place) in there.items():
            sight, limit, alarm = sights.get((kind, place)), rules.limit(kind, place), known.get(key)
            before = self.before(key, alarm)
            after = step(before, sight.seen if sight else None, limit, now)
            if after != CALM:
                states[key] = after
            if sight is None or limit is None or not after.severity:
                clear(alarm, now)
            elif alarm is None:
                Alarm.objects.create(key=key, kind=kind, raised_at=now, **facts(place, sight, limit, after))
            else:
                go_on(alarm, before, after, facts(place, sight, limit, after))
        self.states = states

    def before(self, key: str, alarm: Alarm | None) -> State:
        """The row knows whether there is an alarm and what was said to it, we since when another mark is reached."""
        mine = self.states.get(key, CALM)
        if alarm is None:
            return CALM if mine.severity else mine
        if mine.severity.word == alarm.severity:
            return replace(mine, acked_at=alarm.acked_at, snoozed_until=alarm.snoozed_until)
        return State(
            Severity[alarm.severity.upper()], alarm.amber_since, alarm.red_since, alarm.acked_at, alarm.snoozed_until
        )


# The rows of alarms -------------------------------------------------------------------------------------------------


def facts(place: Place, sight: Sight, limit: Limit, state: State) -> dict[str, Any]:
    return {
        "team_id": place.team, "queue_id": place.queue, "call_id": sight.call, "severity": state.severity.word,
        "value": sight.seen.value, "number": sight.number, "began": sight.seen.began, "limit": limit.red,
        "amber_since": state.amber_since, "red_since": state.red_since,
    }  # fmt: skip


def go_on(alarm: Alarm, before: State, after: State, told: dict[str, Any]) -> None:
    """Written only if there is anything new: that time goes by is no news, it is counted from `began`."""
    changed = {name: value for name, value in told.items() if getattr(alarm, name) != value}
    if told["began"] is not None and changed.keys() == {"value"}:
        changed = {}
    if (before.acked_at, before.snoozed_until) != (after.acked_at, after.snoozed_until):
        changed |= {"acked_at": after.acked_at, "snoozed_until": after.snoozed_until}
    if changed:
        Alarm.objects.filter(pk=alarm.pk, cleared_at=None).update(**changed)


def clear(alarm: Alarm | None, now: datetime) -> None:
    if alarm is not None:
        value = (now - alarm.began).total_seconds() if alarm.began else alarm.value
        Alarm.objects.filter(pk=alarm.pk, cleared_at=None).update(cleared_at=now, value=value)


# What is too much where ---------------------------------------------------------------------------------------------


class Rules:
    """All queues and thresholds, read now: what is changed in the admin counts from the next look."""

    def __init__(self) -> None:
        columns = Queue.objects.values_list("pk", "name", "team", "target_seconds")
        self.queues = {pk: Place(team, pk, target) for pk, _, team, target in columns}
        self.by_name = {name: self.queues[pk] for pk, name, _, _ in columns}
        self.of_queue: dict[tuple[str, int], Threshold] = {}
        self.of_team: dict[tuple[str, int], Threshold] = {}
        for one in Threshold.objects.order_by():
            self.take(one)

    def take(self, one: Threshold) -> None:
        if one.queue_id is None:
            self.of_team[one.kind, one.team_id] = one
        else:
            self.of_queue[one.kind, one.queue_id] = one

    def place(self, team: int | None, queue: str) -> Place:
        """Of a call, which says its queue by name."""
        return self.by_name.get(queue) or Place(team)

    def place_of(self, alarm: Alarm) -> Place:
        return self.queues.get(alarm.queue_id or 0) or Place(alarm.team_id, alarm.queue_id)

    def own(self, kind: str, place: Place) -> Threshold | None:
        """The queue's own threshold, else its team's."""
        return self.of_queue.get((kind, place.queue or 0)) or self.of_team.get((kind, place.team or 0))

    def limit(self, kind: str, place: Place) -> Limit | None:
        """By its own threshold, else by what there is out of the box; None if it is switched off."""
        own = self.own(kind, place)
        usual, share = OUT_OF_THE_BOX[kind]
        red = usual or place.target
        if own is None:
            return Limit(red, share, best=BEST.get(kind, 0)) if red else None
        red = red if own.limit is None else own.limit
        share = own.amber_share or share
        return Limit(red, share, own.hysteresis, own.minimum_seconds, BEST.get(kind, 0)) if own.on else None

    def marks(self, kinds: Iterable[Kind], place: Place) -> dict[str, list[float]]:
        """[amber, red] by kind, for pages. Without what is switched off there."""
        found = {kind.value: self.limit(kind, place) for kind in kinds}
        ways = (Severity.AMBER, Severity.RED)
        return {kind: [round(limit.mark(way), 1) for way in ways] for kind, limit in found.items() if limit is not None}

    def least(self, kind: str) -> float:
        """What may be of interest of a time: the lowest amber mark that there is, less its hysteresis."""
        usual, share = OUT_OF_THE_BOX[kind]
        own = [one for one in (*self.of_queue.values(), *self.of_team.values()) if one.kind == kind and one.on]
        marks = [(one.limit or usual or 0, one.amber_share or share, one.hysteresis) for one in own]
        return min(red * way / 100 * (100 - back) / 100 for red, way, back in [*marks, (usual or 0, share, 10)])


BEST: dict[str, float] = {Kind.SERVICE: 100}


# What there is to see -----------------------------------------------------------------------------------------------


def see(rules: Rules, now: datetime) -> Sights:
    return {**who_waits(rules, now), **service(rules, now), **long_calls(rules, now)}


def who_waits(rules: Rules, now: datetime) -> Sights:
    """How many wait in each queue, and who the longest."""
    waits = Waiting.objects.filter(left_at=None, call__ended_at=None, call__status__in=(Status.WAITING, Status.RINGING))
    lines: dict[int, list[tuple[datetime, UUID]]] = defaultdict(list)
    for queue, call, entered_at in waits.values_list("queue", "call", "entered_at").order_by("entered_at", "pk"):
        lines[queue].append((entered_at, call))
    sights: Sights = {}
    for queue, line in lines.items():
        if queue not in rules.queues:
            continue  # made a moment ago
        place, (first, call) = rules.queues[queue], line[0]
        came = tuple(entered_at for entered_at, _ in line)
        sights[Kind.WAITING, place] = Sight(Seen.number(came), number=len(line))
        sights[Kind.WAIT, place] = Sight(Seen.time(first, now), call, 1)
    return sights


def service(rules: Rules, now: datetime) -> Sights:
    """Of the callers of the last half hour who are answered or gone: how many of a hundred were answered in time."""
    by_target: dict[int, list[int]] = defaultdict(list)
    for queue, place in rules.queues.items():
        by_target[place.target].append(queue)
    in_time = Q(pk__in=[])
    for target, queues in by_target.items():
        in_time |= Q(queue__in=queues, call__answered_at__lte=F("entered_at") + timedelta(seconds=target))
    came = Waiting.objects.filter(call__started_at__gt=now - WINDOW, queue__in=rules.queues)
    over = came.exclude(call__answered_at=None, call__ended_at=None)
    found = over.values_list("queue").annotate(total=Count("pk"), good=Count("pk", filter=in_time)).order_by()
    levels = {queue: (total, round(100 * good / total)) for queue, total, good in found}
    return {
        (Kind.SERVICE, rules.queues[queue]): Sight(Seen(level), number=total)
        for queue, (total, level) in levels.items()
        if total >= FEW
    }


def long_calls(rules: Rules, now: datetime) -> Sights:
    """Calls that are on hold, talk, or are unverified for long; at each place the longest, and how many there are."""
    longer = {kind: now - timedelta(seconds=rules.least(kind)) for kind in (Kind.HOLD, Kind.TALK, Kind.UNVERIFIED)}
    held = Q(status=Status.HELD, status_since__lte=longer[Kind.HOLD])
    talk = Q(status=Status.TALKING, status_since__lte=longer[Kind.TALK])
    lost = Q(unverified_since__lte=longer[Kind.UNVERIFIED])
    columns = ("pk", "team", "queue", "status", "status_since", "unverified_since")
    found = Call.objects.live().filter(held | talk | lost).values_list(*columns)
    times: dict[tuple[str, Place], list[tuple[datetime, UUID]]] = defaultdict(list)
    for pk, team, queue, status, since, unverified in found:
        place = rules.place(team, queue)
        if unverified is not None:
            times[Kind.UNVERIFIED, place].append((unverified, pk))
        elif status in (Status.HELD, Status.TALKING):
            times[Kind.HOLD if status == Status.HELD else Kind.TALK, place].append((since, pk))
    return {what: longest(what, some, rules, now) for what, some in times.items()}


def longest(what: tuple[str, Place], some: Iterable[tuple[datetime, UUID]], rules: Rules, now: datetime) -> Sight:
    limit = rules.limit(*what)
    some = sorted(some)
    mark = limit.mark(Severity.AMBER) if limit else 0
    over = sum((now - began).total_seconds() >= mark for began, _ in some)
    return Sight(Seen.time(some[0][0], now), some[0][1], max(over, 1))
