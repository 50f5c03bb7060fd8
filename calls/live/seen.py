"""Calls and legs as the tail reads them: what a desk is told of them and no more, as plain tuples.

`lean.py` takes them as it takes models. To build those costs more than to read and tell: a call, its line, team, agent
and position, and each leg with its agent, twenty times a second.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from calls.models import Call, Leg


class Named(NamedTuple):
    """A team, a line, an agent."""

    name: str
    address: str = ""


class SeenCall(NamedTuple):
    pk: UUID
    team_id: int | None
    merged_into_id: UUID | None
    direction: str
    status: str
    status_since: datetime | None
    from_number: str
    to_number: str
    queue: str
    started_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    outcome: str
    unverified_since: datetime | None
    heard_at: datetime | None
    tags: str
    shape: int
    revision: int
    team: Named | None
    line: Named | None
    agent: Named | None
    waits_since: datetime | None


class SeenLeg(NamedTuple):
    pk: str
    sid: str
    role: str
    status: str
    direction: str
    from_number: str
    to_number: str
    started_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    sip_code: int | None
    unverified: bool
    healed: bool
    who: str


OF_A_CALL = [*SeenCall._fields[:-6], "position__shape", "position__revision"]
OF_OTHERS = ["team__name", "line__name", "line__address", "agent__name", "waiting__entered_at", "waiting__left_at"]
OF_A_PERSON = ["person__first_name", "person__last_name", "person__username"]
OF_A_LEG = [*SeenLeg._fields[:-1], "agent__name", *OF_A_PERSON, "call_id"]


def calls_seen(calls: Iterable[Call]) -> list[SeenCall]:
    """In the order of their revisions."""
    rows = calls.order_by("position__revision").values_list(*OF_A_CALL, *OF_OTHERS)  # type: ignore[attr-defined]
    return [
        SeenCall._make([*row, named(team), named(line, address), named(agent), None if left else entered])
        for *row, team, line, address, agent, entered, left in rows
    ]


def legs_seen(calls: Iterable[UUID]) -> dict[UUID, list[SeenLeg]]:
    legs: dict[UUID, list[SeenLeg]] = defaultdict(list)
    rows: Iterable[Any] = Leg.objects.filter(call__in=calls).values_list(*OF_A_LEG)
    for *row, agent, first, last, login, call in rows:
        who = agent or "" if login is None else f"{first} {last}".strip() or login
        legs[call].append(SeenLeg._make([*row, who]))
    return legs


@lru_cache(10_000)
def named(name: str | None, address: str | None = "") -> Named | None:
    return None if name is None else Named(name, address or "")
