"""The writer: one thread a process commits whatever reports are waiting, all in one transaction.

While one batch is being committed the next one gathers, so batches grow with the load and an idle process answers at
once. There is no timer but one: after a commit of many, a part of the time that it took is given to as many again.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import Future

from django.db import DatabaseError, DataError, Error, connection

from calls.intake.raw import Recorded, keep
from calls.intake.record import record
from calls.twilio.reports import Report

MOST_WAITING = 5_000
BATCH = 200
LINGER = 0.1  # of the time that the last commit took
GIVE_UP = 3  # reports in a row that failed alone
log = logging.getLogger(__name__)


Done = Future[Recorded] | asyncio.Future[Recorded]
Waiting = tuple[Report, Done]


class QueueFull(Exception):
    """More reports are waiting than we promise to commit in time: ask Twilio to come again (503)."""


class Writer:
    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False
        self._enough = 1  # so many must wait to wake the writer; it is not woken for each one that joins

    def ensure_started(self) -> None:
        with self._news:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()

    async def record(self, report: Report) -> Recorded:
        """Hand over one report; returns after its commit. Raises QueueFull, or what the database raised."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Recorded] = loop.create_future()
        self._queue(report, done)
        # In the loop's next turn: what arrived together with this one is then waiting with it.
        loop.call_soon(self._ring)
        return await done

    def put(self, report: Report) -> Future[Recorded]:
        """The same for those without a loop."""
        done: Future[Recorded] = Future()
        self._queue(report, done)
        self._ring()
        return done

    def _queue(self, report: Report, done: Done) -> None:
        self.ensure_started()
        with self._news:
            if len(self._waiting) >= MOST_WAITING:
                raise QueueFull
            self._waiting.append((report, done))

    def _ring(self) -> None:
        if len(self._waiting) >= self._enough:
            with self._news:
                self._news.notify()

    def flush(self, *, seconds: float) -> bool:
        """Wait until nothing is waiting any more; false if that took longer."""
        until = time.monotonic() + seconds
        with self._news:
            self._news.notify()  # who asks may hold up the loop that would have rung
        while self._has_work():
            if time.monotonic() > until:
                log.error("%d reports were not committed in %s seconds.", len(self._waiting), seconds)
                return False
            time.sleep(0.01)
        return True

    def _has_work(self) -> bool:
        with self._news:
            return bool(self._waiting) or self._busy

    def _run(self) -> None:
        while True:
            with self._news:
                self._busy, self._enough = False, 1
                while not self._waiting:
                    self._news.wait()
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
                self._busy, self._enough = True, MOST_WAITING
            began = time.monotonic()
            self._commit(batch)
            self._linger(len(batch), (time.monotonic() - began) * LINGER)

    def _linger(self, many: int, seconds: float) -> None:
        """Who was just answered is soon back, and had better come along with those who came meanwhile."""
        with self._news:
            many += len(self._waiting)
            self._busy, self._enough = False, many
            self._news.wait_for(lambda: len(self._waiting) >= many, seconds)

    def _commit(self, batch: list[Waiting]) -> None:
        """The batch, the batch again on a new connection, then each report alone: one bad one fails no other."""
        for _ in range(2):
            try:
                answers = record([report for report, _ in batch])
            except Exception as error:  # noqa: BLE001  whatever it was, alone we shall see whose it is
                connection.close()
                log.warning("A batch of %d reports failed: %s", len(batch), error)
            except BaseException as error:  # noqa: BLE001  a writer that dies leaves every door waiting for ever
                connection.close()
                return refuse(batch, error)
            else:
                return settle(zip((done for _, done in batch), answers, strict=True))
        failures = 0
        for place, (report, done) in enumerate(batch):
            try:
                settle([(done, alone(report))])
                failures = 0
            except BaseException as error:  # noqa: BLE001
                connection.close()
                refuse([(report, done)], error)
                failures += 1
            if failures == GIVE_UP:  # it is not the reports, it is the database: do not wait for each of them
                return refuse(batch[place + 1 :], DatabaseError("The database is away."))


def alone(report: Report) -> Recorded:
    """Record one report. What is wrong with its content is no reason to have it sent again: then it is kept raw."""
    try:
        return record([report])[0]
    except Exception as error:
        if isinstance(error, Error) and not isinstance(error, DataError):
            raise
        log.exception("A report at %s could not be recorded; it is kept raw.", report.door)
        return keep(report)


def refuse(batch: list[Waiting], error: BaseException) -> None:
    if not batch:
        return
    log.error("%d reports could not be committed.", len(batch), exc_info=error)
    settle((done, error) for _, done in batch)


def settle(answers: Iterable[tuple[Done, Recorded | BaseException]]) -> None:
    """Answer the doors; those of one loop all at once, because to wake it costs more than the answers."""
    by_loop = defaultdict(list)
    for done, answer in answers:
        by_loop[done.get_loop() if isinstance(done, asyncio.Future) else None].append((done, answer))
    for loop, answered in by_loop.items():
        if loop is None:
            tell(answered)
        else:
            with contextlib.suppress(RuntimeError):  # it has closed, and everybody who waited on it has gone
                loop.call_soon_threadsafe(tell, answered)


def tell(answered: list[tuple[Done, Recorded | BaseException]]) -> None:
    for done, answer in answered:
        if done.done():  # Twilio hung up meanwhile and its request was cancelled; the report is kept all the same
            continue
        if isinstance(answer, BaseException):
            done.set_exception(answer)
        else:
            done.set_result(answer)


writer = Writer()
