"""Who compares: one process of all, in threads beside the server, or an operator by hand."""

import threading
import time as wall

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from calls.intake.reconcile import threads
from calls.intake.reconcile.sweep import Reconciler, Seconds, Unanswered
from calls.intake.reconcile.threads import Healer, Leader
from calls.models import Call
from tests.guards import patience
from tests.intake.account import Account, Door, Hand


@pytest.mark.lane_b
def test_the_healer_works_beside_the_server_and_ends_when_it_is_told(rows, line, ana, rng, monkeypatch):
    """In real time: it compares at once and again in its turn, and follows up wishes every second."""
    followed = []
    monkeypatch.setattr(threads, "follow_up", lambda: followed.append(wall.monotonic()))
    account = Account(Hand(), rng)
    caller, _ = account.phone(7)
    healer, door = Healer(), Door(account)
    for _ in range(2):
        healer.ensure_started(twilio=door, seconds=Seconds(interval=2.0))
    assert sum(thread.name in ("reconciler", "outcomes") for thread in threading.enumerate()) == 2
    eventually(lambda: Call.objects.live().count() == 1)
    eventually(lambda: len(followed) >= 2, within=3)
    asked = len(door.asked)
    eventually(lambda: len(door.asked) >= asked + 3, within=3)
    began = wall.monotonic()
    healer.stop()
    assert wall.monotonic() - began < patience(2)
    assert not any(thread.name in ("reconciler", "outcomes") for thread in threading.enumerate())


def test_the_healer_goes_on_after_trouble(rows, rng, monkeypatch):
    monkeypatch.setattr(threads, "TROUBLE", 0.05)
    tries = []

    def fails() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the database is away")

    monkeypatch.setattr(threads, "follow_up", fails)
    healer = Healer()
    healer.ensure_started(twilio=Door(Account(Hand(), rng)))
    eventually(lambda: len(tries) >= 3, within=4)
    healer.stop()


def eventually(true, within: float = 5.0) -> None:
    until = wall.monotonic() + patience(within)
    while not true():
        assert wall.monotonic() < until, "It did not come about in time."
        wall.sleep(0.02)


@pytest.mark.lane_b(only=True)
def test_of_all_processes_one_compares_and_another_takes_over(rows):
    """The lock goes with the connection of who held it."""
    ours, theirs = Leader(), Leader()
    told: dict[str, bool] = {}
    go_on, over = threading.Event(), threading.Event()

    def another() -> None:
        told["first"] = theirs.is_us()
        told["again"] = theirs.is_us()
        go_on.set()
        over.wait(10)
        connection.close()

    thread = threading.Thread(target=another)
    thread.start()
    go_on.wait(10)
    assert told == {"first": True, "again": True}
    assert not ours.is_us()
    over.set()
    thread.join()
    eventually(ours.is_us)
    connection.close()


def test_the_command_compares_once_and_tells(rows, line, ana, rng, monkeypatch, capsys):
    account = Account(Hand(), rng)
    account.phone(7)
    door = Door(account)
    monkeypatch.setattr("calls.intake.reconcile.sweep.gateway.list_legs", door.list_legs)
    monkeypatch.setattr("calls.intake.reconcile.sweep.gateway.fetch_leg", door.fetch_leg)
    call_command("reconcile", "--once")
    assert "6 requests, 0 of them for one leg; 2 answers recorded." in capsys.readouterr().out

    def away(*asked):
        raise Unanswered("Twilio cannot be reached.", account.time.now())

    monkeypatch.setattr(Reconciler, "ask", away)
    with pytest.raises(CommandError, match="does not answer"):
        call_command("reconcile", "--once")
