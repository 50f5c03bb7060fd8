"""What is near a batch in the database, asked in as few trips as it can be: claimed, locked, and looked at again.

Lock order everywhere: legs by sid, rooms by sid, calls by id, actions by id, audit head, board.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from calls.models import Call
from calls.models.action import OPEN_STATES
from calls.models.rows import AMONG, Version, ask

OPEN = f"state IN {OPEN_STATES}"


def calls_of_legs(sids: Collection[str]) -> set[UUID]:
    """The calls of those of these legs that are there.

    Before anything is locked: of two processes that meet a new leg one waits here, empty-handed. There is no row yet
    that could be locked, so the first 60 bits of its SID stand for it. (What is seen here is a first look only.)
    """
    if connection.vendor == "postgresql":
        return {call for (call,) in ask(CLAIM, sorted(int(sid[2:17], 16) for sid in sids), sids) if call}
    return {UUID(call) for (call,) in ask(f"SELECT call_id FROM calls_leg WHERE sid {AMONG['sqlite']}", sids)}  # noqa: S608


CLAIM = """WITH claimed AS MATERIALIZED (SELECT pg_advisory_xact_lock(leg) FROM unnest(%s::bigint[]) AS leg)
    SELECT NULL::uuid FROM (SELECT count(*) FROM claimed) AS done
    UNION ALL SELECT call_id FROM calls_leg WHERE sid = ANY(%s)"""


# A call, the one that it was merged into, and each of its legs with each of its rooms.
Around = tuple[UUID, UUID | None, str | None, str | None]


def around_calls(calls: Iterable[UUID]) -> list[Around]:
    return list(Call.objects.filter(pk__in=calls).order_by().values_list("pk", "merged_into", "legs", "rooms"))


@dataclass(slots=True)
class Locked:
    """The rows that are there, each with its version."""

    legs: dict[str, Version] = field(default_factory=dict)
    rooms: dict[str, Version] = field(default_factory=dict)
    calls: dict[UUID, Version] = field(default_factory=dict)


def lock(legs: Collection[str], rooms: Collection[str], calls: Collection[UUID]) -> Locked:
    """PostgreSQL's: lock these legs, these rooms, and these calls and those of the legs and rooms, in this order."""
    locked = Locked()
    into: dict[str, dict[Any, Version]] = {"leg": locked.legs, "room": locked.rooms, "call": locked.calls}
    for table, sid, call, version in ask(LOCK, legs, rooms, calls):
        into[table][sid or call] = version
    return locked


# The three are read one after the other, each whole; a row is locked and told as it is when it is its turn. (An array,
# because of a subquery PostgreSQL may think that it has very many rows, and read all calls instead.)
LOCK = """WITH
    legs AS MATERIALIZED (
        SELECT sid, call_id, xmin::text AS version FROM calls_leg WHERE sid = ANY(%s) ORDER BY sid FOR UPDATE),
    rooms AS MATERIALIZED (
        SELECT sid, call_id, xmin::text AS version FROM calls_room WHERE sid = ANY(%s) ORDER BY sid FOR UPDATE),
    calls AS MATERIALIZED (
        SELECT id, xmin::text AS version FROM calls_call
        WHERE id = ANY(ARRAY(
            SELECT unnest(%s::uuid[]) UNION SELECT call_id FROM legs UNION SELECT call_id FROM rooms))
        ORDER BY id FOR UPDATE)
    SELECT 'leg', sid, NULL::uuid, version FROM legs
    UNION ALL SELECT 'room', sid, NULL, version FROM rooms
    UNION ALL SELECT 'call', NULL, id, version FROM calls"""


@dataclass(slots=True)
class There:
    """What is there by now, under the locks. Statements by digest; legs and rooms of these calls by SID.

    `version`: PostgreSQL's, of whatever this transaction writes.
    """

    statements: set[str] = field(default_factory=set)
    legs: set[str] = field(default_factory=set)
    rooms: set[str] = field(default_factory=set)
    open_actions: int = 0
    version: Version = None


def look_again(digests: Collection[str], calls: Collection[UUID]) -> There:
    there = There()
    postgresql = connection.vendor == "postgresql"
    question = LOOK.format(among=AMONG[connection.vendor]) + (OURS if postgresql else "")
    for what, key in ask(question, digests, calls, calls, calls):
        if what == "action":
            there.open_actions += 1
        elif what == "version":
            there.version = key
        else:
            getattr(there, what).add(key)
    return there


LOOK = f"""SELECT 'statements', digest FROM calls_report WHERE digest {{among}}
    UNION ALL SELECT 'legs', sid FROM calls_leg WHERE call_id {{among}}
    UNION ALL SELECT 'rooms', sid FROM calls_room WHERE call_id {{among}}
    UNION ALL SELECT 'action', '' FROM calls_action WHERE call_id {{among}} AND {OPEN}"""  # noqa: S608
# Which also keeps PostgreSQL from starting workers for so small a thing: in a parallel query this may not be asked.
OURS = " UNION ALL SELECT 'version', pg_current_xact_id()::xid::text"
