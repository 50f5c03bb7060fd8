"""Wishes of several parts, and those that call somebody in: wherever the process dies, or Twilio's answer is lost, in
the first part, in the last, or between two of them, the wish ends, the end is true, and nobody is lost by it or rung
twice.

A disaster happens at the first place of its sort that is passed, at the second, and so on: between any two steps.
"""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from calls import failpoints
from calls.models import Action
from tests.control.aftermath import all_is_well, carries_on
from tests.control.conftest import Rest, some
from tests.control.parties import PARTIES, goes_round

AT_TWILIO = ("done, and no answer", "not done, and no answer")
DISASTERS = (
    "action.after_requested", "action.after_sending", "action.after_twilio", "action.after_outcome",
    "intake.after_insert", "intake.before_commit", "intake.after_commit", "reconcile.after_read", *AT_TWILIO,
)  # fmt: skip
MOST = 5  # times that a place is passed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "disaster" in metafunc.fixturenames:
        rows = [(kind, nth) for kind in PARTIES for nth in range(1, MOST + 1) if nth < 3 or PARTIES[kind].several]
        cells = [(kind, disaster, nth) for (kind, nth), disaster in some(metafunc.config, rows, DISASTERS, 1)]
        metafunc.parametrize(("kind", "disaster", "nth"), cells)


class Nth(dict[str, str | float]):
    """What is armed, at the `nth` time that it is passed."""

    def __init__(self, point: str, nth: int) -> None:
        super().__init__({point: "raise"})
        self.left = nth

    def __contains__(self, point: object) -> bool:
        self.left -= super().__contains__(point)
        return super().__contains__(point) and not self.left


def no_answer(rest: Rest, nth: int, *, does: bool) -> None:
    """To the nth request."""
    act, numbers = rest.always, itertools.count(1)

    def answer(sid: str, form: dict[str, str]) -> Any:
        if next(numbers) != nth:
            return act(sid, form)
        if does:
            act(sid, form)
        return None

    rest.always = answer


@pytest.fixture
def survives(account, monkeypatch) -> Callable[[Callable[[], object]], None]:
    """Somebody does something, and may die of it. Whoever gets no answer at our doors comes again."""
    post = account.twilio.post

    def again(*args: Any, **extra: Any) -> Any:
        try:
            return post(*args, **extra)
        except failpoints.SimulatedCrash:
            connection.close()
            return post(*args, **extra)

    monkeypatch.setattr(account.twilio, "post", again)

    def work(what: Callable[[], object]) -> None:
        try:
            what()
        except failpoints.SimulatedCrash:
            connection.close()

    return work


def test_wherever_it_breaks_the_wish_ends_and_nobody_is_lost(
    parties, survives, rest, clock, monkeypatch, kind, disaster, nth
):
    wish = PARTIES[kind]
    scene, known = parties.scene(wish), set(Action.objects.values_list("pk", flat=True))
    if disaster in AT_TWILIO:
        no_answer(rest, nth, does=disaster.startswith("done"))
    else:
        monkeypatch.setattr(failpoints, "armed", Nth(disaster, nth))
    survives(lambda: scene.press(wish.verb, **wish.fields(scene)))
    action = Action.objects.exclude(pk__in=known).get(verb=wish.verb)

    carries_on(scene, action, clock, lambda: survives(goes_round))
    monkeypatch.setattr(failpoints, "armed", {})
    all_is_well(scene, wish, action, clock)
