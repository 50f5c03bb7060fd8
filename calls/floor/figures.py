"""The floor in figures: who waits, how soon callers were answered in the last half hour, which agents are free.

Counted from the rows of that half hour, however much lies behind it; once for all who look (`desk/figures.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery

from calls.floor.alarms import Place, Rules
from calls.live import frames
from calls.models import Agent, Kind, Leg, Queue, Waiting

BUCKET, BUCKETS = timedelta(minutes=5), 6
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
State = Agent.State
OF_A_QUEUE = (Kind.WAITING, Kind.WAIT, Kind.SERVICE)


# Counting -----------------------------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """Somebody's time in a queue. `answered_at`: the first agent since they came; `alone_at`: that agent, or a later
    one, left them."""

    queue: int
    entered_at: datetime
    left_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    answered_at: datetime | None
    alone_at: datetime | None


@dataclass
class Tally:
    """Of one queue. The lists are five minutes each, the oldest first."""

    waiting: int = 0
    oldest: datetime | None = None
    in_target: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    late: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    gave_up: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    @property
    def level(self) -> int | None:
        """Of a hundred who were answered or gave up, how many were answered in time. Rounded down: 79.9 is not 80."""
        all_of_them = sum(self.in_target) + sum(self.late) + sum(self.gave_up)
        return 100 * sum(self.in_target) // all_of_them if all_of_them else None


def first_bucket(now: datetime) -> datetime:
    """Where the half hour begins: on the clock, so that a call stays in its five minutes."""
    return now - (now - EPOCH) % BUCKET - (BUCKETS - 1) * BUCKET


def tally(entries: Iterable[Entry], targets: Mapping[int, timedelta], begins: datetime) -> dict[int, Tally]:
    """`targets`: within what time callers of each queue are to be answered."""
    tallies = {queue: Tally() for queue in targets}
    for entry in entries:
        queue = tallies[entry.queue]
        if entry.left_at is None and entry.ended_at is None:
            since = max(entry.entered_at, entry.alone_at or entry.entered_at)
            queue.waiting, queue.oldest = queue.waiting + 1, min(queue.oldest or since, since)
        if entry.answered_at is not None:
            in_time = entry.answered_at - entry.entered_at <= targets[entry.queue]
            count(queue.in_target if in_time else queue.late, entry.answered_at, begins)
        elif gave_up(entry) and entry.ended_at is not None:
            count(queue.gave_up, entry.ended_at, begins)
    return tallies


def gave_up(entry: Entry) -> bool:
    """They were in the queue until the call was over. Whom a supervisor ended, or sent elsewhere, did not give up."""
    if entry.ended_at is None or entry.ended_by == "supervisor":
        return False
    return entry.left_at is None or entry.ended_at <= entry.left_at


def count(buckets: list[int], at: datetime, begins: datetime) -> None:
    place = (at - begins) // BUCKET
    if place >= 0:
        buckets[min(place, BUCKETS - 1)] += 1  # Twilio's clock may be ahead of ours


# Reading ------------------------------------------------------------------------------------------------------------


class Sheet(NamedTuple):
    """All queues and agents at one moment; what one may see of it is cut out by team."""

    begins: datetime
    queues: list[dict[str, Any]]
    agents: list[dict[str, Any]]

    def of_teams(self, teams: Collection[int | None], *, names: bool) -> dict[str, Any]:
        """`names`: with each agent, for who sits at a desk. A call of another team is not named."""
        queues = [queue for queue in self.queues if queue["team"] in teams]
        mine = [agent for agent in self.agents if not agent["teams"].isdisjoint(teams)]
        told = {
            "begins": frames.moment(self.begins),
            "queues": [{key: value for key, value in queue.items() if key != "team"} for queue in queues],
            "staff": staff(mine),
        }
        return told | ({"agents": [agent_told(agent, teams) for agent in mine]} if names else {})


def agent_told(agent: Mapping[str, Any], teams: Collection[int | None]) -> dict[str, Any]:
    told = {key: agent[key] for key in ("id", "name", "state", "since", "until", "rings")}
    return told | {"call": agent["call"] if agent["call_team"] in teams else None}


def staff(agents: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    states = Counter(agent["state"] for agent in agents)
    return {state.value: states[state.value] for state in State}


def read(now: datetime) -> Sheet:
    begins = first_bucket(now)
    queues = list(Queue.objects.order_by("name"))
    tallies = tally(
        entries_since(begins), {queue.pk: timedelta(seconds=queue.target_seconds) for queue in queues}, begins
    )
    agents = agents_now()
    team = defaultdict(list)
    for agent in agents:
        for pk in agent["teams"]:
            team[pk].append(agent)
    rules = Rules()
    shown = [
        queue_told(queue, tallies[queue.pk], team[queue.team_id]) | {"marks": rules.marks(OF_A_QUEUE, Place.of(queue))}
        for queue in queues
    ]
    return Sheet(begins, shown, agents)


def entries_since(begins: datetime) -> list[Entry]:
    """Who waits, and who has left a queue since."""
    rows = rows_since(begins).values_list(*COLUMNS, "call__merged_into")
    return [Entry(*row) for *row, merged in rows if merged is None]


COLUMNS = ("queue", "entered_at", "left_at", "call__ended_at", "call__ended_by", "answered_at", "alone_at")


def rows_since(begins: datetime) -> "QuerySet[Waiting]":
    """Chosen by a column of their own, and not grouped: else SQLite begins with all that there ever was."""
    theirs = {"call": OuterRef("call"), "role": Leg.Role.AGENT, "answered_at__gte": OuterRef("entered_at")}
    answered, over = Leg.objects.filter(**theirs), Leg.objects.filter(**theirs, ended_at__isnull=False)
    return Waiting.objects.filter(Q(left_at=None) | Q(left_at__gte=begins)).annotate(
        answered_at=Subquery(answered.order_by("answered_at").values("answered_at")[:1]),
        alone_at=Subquery(over.order_by("-ended_at").values("ended_at")[:1]),
    )


def agents_now() -> list[dict[str, Any]]:
    """Everybody who takes calls, by name, with the live leg that they are on or rung for."""
    on, teams = calls_of_agents(), defaultdict(set)
    for pk, team in Agent.teams.through.objects.values_list("agent", "team"):
        teams[pk].add(team)
    return [
        {
            "id": agent.pk,
            "name": agent.name,
            "state": agent.state,
            "since": frames.moment(agent.state_since),
            "until": frames.moment(agent.wrap_up_until),
            "teams": frozenset(teams[agent.pk]),
            "can": agent.can,
            **on.get(agent.pk, NO_CALL),
        }
        for agent in Agent.objects.order_by("name", "pk")
    ]


NO_CALL = {"call": None, "call_team": None, "rings": False}


def calls_of_agents() -> dict[int, dict[str, Any]]:
    live = Leg.objects.filter(ended_at=None, unverified=False, agent__isnull=False).order_by("started_at")
    rows = live.values_list("agent", "call", "call__team", "answered_at")
    return {
        pk: {"call": str(call), "call_team": team, "rings": answered is None}
        for pk, call, team, answered in rows
        if pk is not None
    }


def queue_told(queue: Queue, tally: Tally, team: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "id": queue.pk,
        "name": queue.name,
        "team": queue.team_id,
        "open": queue.open,
        "waiting": tally.waiting,
        "oldest": frames.moment(tally.oldest),
        "level": tally.level,
        "target_seconds": queue.target_seconds,
        "target_percent": queue.target_percent,
        "in_target": tally.in_target,
        "late": tally.late,
        "gave_up": tally.gave_up,
        "staff": staff(agent for agent in team if agent["can"](queue.skill)),
    }
