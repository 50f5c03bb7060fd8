"""SQLite for one busy process: every write waits its turn, first come first served.

Without a queue of our own SQLite's busy handler decides by sleeping and polling who is next, and under load some
writer loses until it gives up: "database is locked".
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.sqlite3 import base

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Turnstile:
    """A lock that is given in the order in which it was asked for (`threading.Lock` promises none)."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def acquire(self) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait()
        except BaseException:  # Ctrl-C: who no longer waits must not be given the turn, nor keep it
            with self._mutex:
                given = turn not in self._waiting
                if not given:
                    self._waiting.remove(turn)
            if given:
                self.release()
            raise

    def release(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


TURN = Turnstile()


class Cursor(base.SQLiteCursorWrapper):
    """A write outside of a transaction is one of its own, and waits like the others."""

    database: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        with self.database.turn_for(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        with self.database.turn_for(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    _my_turn = False

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.database = self
        return cursor

    @contextmanager
    def turn_for(self, query: str) -> Iterator[None]:
        if self._my_turn or self.connection.in_transaction or not query.lstrip().upper().startswith(WRITES):
            yield
            return
        TURN.acquire()
        try:
            yield
        finally:
            TURN.release()

    def _start_transaction_under_autocommit(self) -> None:
        TURN.acquire()
        self._my_turn = True
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        if self._my_turn:
            self._my_turn = False
            TURN.release()

    def _commit(self) -> None:
        super()._commit()
        self._leave()  # a commit that failed is followed by a rollback, which leaves

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._leave()
