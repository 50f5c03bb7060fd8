"""SQLite for one busy process: every transaction waits its turn, first come first served.

Without a queue of our own SQLite's busy handler decides by sleeping and polling who is next, and under load some
writer loses until it gives up: "database is locked".
"""

import threading
from collections import deque

from django.db.backends.sqlite3 import base


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
        turn.wait()

    def release(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


TURN = Turnstile()


class DatabaseWrapper(base.DatabaseWrapper):
    _my_turn = False

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
