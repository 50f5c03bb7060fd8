"""The healer: six threads of a process. One compares our calls with Twilio's, one follows up open wishes, one brings
callers who wait and agents together, one works off what is wished for many calls, one raises alarms, and one tells of
red ones outside of the desk."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from calls.floor import alarms, notices
from calls.floor.bulk import work_off
from calls.floor.consults import put_right
from calls.floor.listeners import end_listening
from calls.floor.outcomes import follow_up
from calls.floor.routing import look_around
from calls.floor.tapes import keep_private, watch_pauses
from calls.intake.reconcile.seats import Seats
from calls.intake.reconcile.sweep import Reconciler

TURN = 1.0  # seconds between two looks at what is due
TROUBLE = 5.0  # seconds to wait when the database is away, or another process is at it
ROUND = 0.5  # seconds between two looks at who waits
LOCK, ROUTING, BULK, ALARMS = 0x4C697665, 0x4C697666, 0x4C697667, 0x4C697668  # of PostgreSQL's advisory locks
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
        seats = Seats(compared)
        leader, router, worker, guard = Leader(), Leader(ROUTING), Leader(BULK), Leader(ALARMS)
        lookout = alarms.Lookout()
        works: list[tuple[str, Callable[[], float]]] = [
            ("reconciler", lambda: compare(compared, seats, leader)),
            ("outcomes", look_after_wishes),
            ("routing", lambda: route(router)),
            ("bulk", lambda: work_off() if worker.is_us() else TROUBLE),
            ("alarms", lambda: look_out(lookout, guard)),
            ("notices", tell_outside),
        ]
        self._threads = [threading.Thread(target=self._run, args=work, name=work[0], daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def stop(self, *, seconds: float = 2.0) -> None:
        """Ask all to end, and wait for them so long at most; one may be waiting for Twilio."""
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


def compare(reconciler: Reconciler, seats: Seats, leader: "Leader") -> float:
    """One turn, if it is ours. Returns the seconds until the next."""
    if not leader.is_us():
        return TROUBLE
    reconciler.step()
    seats.step()
    return min(TURN, max(0.0, reconciler.due - reconciler.clock()))


def look_after_wishes() -> float:
    follow_up()
    put_right()
    end_listening()
    keep_private()
    watch_pauses()
    return TURN


def route(leader: "Leader") -> float:
    """One round, if it is ours. Whoever was rung may not have been the last."""
    if not leader.is_us():
        return TROUBLE
    return 0.05 if look_around() else ROUND


def look_out(lookout: alarms.Lookout, leader: "Leader") -> float:
    """One look, if it is ours."""
    if not leader.is_us():
        return TROUBLE
    lookout.look()
    return alarms.ROUND


def tell_outside() -> float:
    """By a thread of its own: it waits for mail servers."""
    notices.tell()
    return notices.TURN


class Leader:
    """Of all processes over one PostgreSQL one compares and one routes: who holds a lock that goes with its connection.

    SQLite has one process. If two do it all the same, that costs requests; no agent is offered twice (guarded rows).
    """

    def __init__(self, lock: int = LOCK) -> None:
        self._lock, self._held_by = lock, None  # type: int, Any

    def is_us(self) -> bool:
        if connection.vendor != "postgresql":
            return True
        connection.ensure_connection()
        if self._held_by is connection.connection:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._lock])
            ours = bool(cursor.fetchone()[0])
        self._held_by = connection.connection if ours else None
        if not ours:
            connection.close()
        return ours


healer = Healer()
