"""SQLite as we run it: read back, not believed; and nobody is told that the database is locked."""

import sqlite3
import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from callcenter.sqlite.base import TURN, Turnstile
from calls.models import Board, Team
from tests.conftest import PROGRAM_WAITS
from tests.guards import patience

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite alone")


def pragma(name):
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


def test_the_database_is_opened_as_the_settings_say(rows):
    assert pragma("journal_mode") == "wal"
    assert pragma("busy_timeout") == 60_000  # of the tests
    assert PROGRAM_WAITS == 5
    assert pragma("synchronous") == 2  # FULL: a callback that was answered 204 outlives a power cut
    assert pragma("foreign_keys") == 1
    assert connection.transaction_mode == "IMMEDIATE"


def test_a_transaction_takes_the_write_lock_when_it_begins(rows):
    """A reader that turns writer half-way would be refused at once, whatever the timeout."""
    stranger = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)  # as another process would come
    with transaction.atomic():
        Board.objects.get(pk=1)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            stranger.execute("BEGIN IMMEDIATE")
    stranger.execute("BEGIN IMMEDIATE")
    stranger.close()


def test_turns_are_given_in_the_order_of_asking():
    turnstile, order, threads = Turnstile(), [], []
    turnstile.acquire()
    for number in range(50):

        def take(number=number):
            turnstile.acquire()
            order.append(number)
            turnstile.release()

        threads.append(threading.Thread(target=take))
        threads[-1].start()
        while len(turnstile._waiting) <= number:
            time.sleep(0.0005)
    turnstile.release()
    for thread in threads:
        thread.join(5)
    assert order == list(range(50))
    assert not turnstile._taken


def test_who_is_interrupted_while_waiting_neither_gets_nor_keeps_the_turn(monkeypatch):
    turnstile = Turnstile()
    turnstile.acquire()

    def interrupted(self, timeout=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            turnstile.acquire()
    turnstile.release()
    assert not turnstile._taken
    turnstile.acquire()


@pytest.mark.parametrize("how", ["an error inside", "an error at the commit", "a lost connection", "a failed begin"])
def test_the_turn_is_given_back_when_something_goes_wrong(rows, monkeypatch, how):
    def fails(*args):
        raise OperationalError("disk I/O error")

    with pytest.raises((OperationalError, ZeroDivisionError)), monkeypatch.context() as patched:
        if how == "an error at the commit":
            patched.setattr("django.db.backends.base.base.BaseDatabaseWrapper._commit", fails)
        if how == "a failed begin":
            patched.setattr(
                "django.db.backends.sqlite3.base.DatabaseWrapper._start_transaction_under_autocommit", fails
            )
        with transaction.atomic():
            Team.objects.create(name="Night")
            if how == "a lost connection":
                connection.close()
                raise OperationalError("gone")
            if how == "an error inside":
                _ = 1 / 0
    assert not TURN._taken
    assert not Team.objects.exists()
    Team.objects.create(name="Day")
    assert not TURN._taken


@pytest.mark.load
def test_a_plain_save_waits_its_turn_beside_a_writer_who_never_rests(rows):
    """Sign-ins and the admin write without a transaction: they may wait for one transaction, not for a gap."""
    stop, errors, waits = threading.Event(), [], []

    def restless():
        try:
            while not stop.is_set():
                with transaction.atomic():
                    Board.objects.update(epoch="busy")
                    time.sleep(0.02)
        finally:
            connection.close()

    def saves(number):
        try:
            for save in range(20):
                began = time.monotonic()
                Team.objects.create(name=f"Team {number}.{save}")
                waits.append(time.monotonic() - began)
        except OperationalError as error:
            errors.append(error)
        finally:
            connection.close()

    writer = threading.Thread(target=restless)
    others = [threading.Thread(target=saves, args=(number,)) for number in range(4)]
    for thread in (writer, *others):
        thread.start()
    for thread in others:
        thread.join()
    stop.set()
    writer.join()
    assert errors == []
    assert Team.objects.count() == 80
    assert max(waits) < patience(1)
