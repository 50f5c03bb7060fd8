"""The healer: two threads of a process. One compares our calls with Twilio's, the other follows up open wishes."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from calls.floor.outcomes import follow_up
from calls.intake.reconcile.sweep import Reconciler

TURN = 1.0  # seconds between two looks at what is due
TROUBLE = 5.0  # seconds to wait when the database is away, or another process is at it
LOCK = 0x4C697665  # of PostgreSQL's advisory locks
log = logging.getLogger(__name__)


class Stopped(Exception):
    """Nothing more is to be done."""


class Healer:
    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    def ensure_started(self, **reconciler: Any) -> None:
        """Start unless it runs. `reconciler`: what a Reconciler may be given, for tests."""
        if any(thread.is_alive() for thread in self._threads):
            return
        self._stopping = threading.Event()
        compared = Reconciler(wait=self._wait, **reconciler)
        leader = Leader()
        works: list[tuple[str, Callable[[], float]]] = [
            ("reconciler", lambda: compare(compared, leader)),
            ("outcomes", look_after_wishes),
        ]
        self._threads = [threading.Thread(target=self._run, args=work, name=work[0], daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def stop(self, *, seconds: float = 2.0) -> None:
        """Ask both to end, and wait for them so long at most; one may be waiting for Twilio."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)

    def _wait(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped

    def _run(self, name: str, work: Callable[[], float]) -> None:
        try:
            while True:
                try:
                    pause = work()
                except Stopped:
                    raise
                except Exception as error:  # noqa: BLE001  the database's, as a rule; it must go on whatever it was
                    log.warning("The thread %s met trouble and goes on: %s", name, error, exc_info=True)
                    connection.close()
                    pause = TROUBLE
                self._wait(pause)
        except Stopped:
            log.debug("The thread %s has ended.", name)
        finally:
            connection.close()


def compare(reconciler: Reconciler, leader: "Leader") -> float:
    """One turn, if it is ours. Returns the seconds until the next."""
    if not leader.is_us():
        return TROUBLE
    reconciler.step()
    return min(TURN, max(0.0, reconciler.due - reconciler.clock()))


def look_after_wishes() -> float:
    follow_up()
    return TURN


class Leader:
    """Of all processes over one PostgreSQL one compares: who holds a lock that goes with its connection.

    SQLite has one process. If two compare all the same, that costs requests and nothing else.
    """

    def __init__(self) -> None:
        self._held_by: Any = None

    def is_us(self) -> bool:
        if connection.vendor != "postgresql":
            return True
        connection.ensure_connection()
        if self._held_by is connection.connection:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            ours = bool(cursor.fetchone()[0])
        self._held_by = connection.connection if ours else None
        if not ours:
            connection.close()
        return ours


healer = Healer()
