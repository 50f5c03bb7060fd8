"""Calls as the last batches left them: what nobody has written since need not be read again.

A call is taken out by the batch that works on it and put back after its commit; one that fails has lost what it took.
On PostgreSQL what is kept is only a guess until its rows are locked: then their versions say whether it still holds.
On SQLite there is nothing to lock, but one look tells whether anybody else has written at all.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from calls.models import Call, Leg
from calls.models.rows import Version, database_version

MOST = 20_000  # calls that a thread keeps; about 5 kB each


@dataclass(slots=True)
class Kept:
    """A live call with all its legs and their versions, and the SIDs of its rooms."""

    call: Call
    version: Version = None
    legs: dict[str, tuple[Version, Leg]] = field(default_factory=dict)
    rooms: set[str] = field(default_factory=set)


class Memory(threading.local):
    """Of one thread, and so of one connection: on SQLite only a connection can tell what others have written."""

    def __init__(self) -> None:
        self._calls: dict[UUID, Kept] = {}
        self._call_of: dict[str, UUID] = {}
        self._database: Version = None

    def take_out(self, sids: Iterable[str]) -> list[Kept]:
        """The calls of these legs, as far as they are kept. Inside the transaction of who asks."""
        if connection.vendor == "sqlite" and self._database != database_version():
            self._calls.clear()
            self._call_of.clear()
        calls = {call for sid in sids if (call := self._call_of.get(sid)) is not None}
        return [kept for call in calls if (kept := self._forget(call)) is not None]

    def put_back(self, calls: Iterable[Kept], database: Version) -> None:
        """After the commit. `database`: SQLite's version, read inside the transaction that has now ended."""
        self._database = database
        for kept in calls:
            self._calls[kept.call.pk] = kept
            self._call_of |= dict.fromkeys(kept.legs, kept.call.pk)
        while len(self._calls) > MOST:
            self._forget(next(iter(self._calls)))

    def _forget(self, call: UUID) -> Kept | None:
        kept = self._calls.pop(call, None)
        for sid in kept.legs if kept else ():
            self._call_of.pop(sid, None)
        return kept


memory = Memory()
