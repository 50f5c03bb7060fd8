"""What Twilio can do to a request, done to the first, the second or the third of a wish that calls somebody in, or has
several parts: the wish ends, the end is true, and nobody is lost by it or rung twice.
"""

from typing import Any

import pytest

from calls.control import perform
from calls.models import Action
from calls.twilio import gateway
from tests.control.aftermath import all_is_well, carries_on
from tests.control.conftest import some
from tests.control.parties import PARTIES
from tests.control.test_outcomes import SHORT, TABLE

FROM_OUTSIDE = ("reset before a word", "no such host")  # all requests meet with these
ROWS = [name for name in TABLE if name not in FROM_OUTSIDE]
# Of what runs beside a call "not found" is the only word that Twilio has for "it has ended": that is believed.
BELIEVED = ("404/20404", 1, "stop transcript")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "what" in metafunc.fixturenames:
        rows = [(kind, nth) for kind in PARTIES for nth in (1, 2, 3) if nth == 1 or PARTIES[kind].several]
        cells = [(what, nth, kind) for (kind, nth), what in some(metafunc.config, rows, ROWS, 1)]
        metafunc.parametrize(("what", "nth", "kind"), [cell for cell in cells if cell != BELIEVED])


def test_whatever_twilio_does_to_any_request_the_end_is_true(parties, rest, clock, monkeypatch, what, nth, kind):
    wish, row = PARTIES[kind], TABLE[what]
    scene, known = parties.scene(wish), set(Action.objects.values_list("pk", flat=True))
    answers, act = row.does(scene.account), rest.always
    monkeypatch.setattr(perform, "THROTTLED", (0.02, 0.06, 0.15))
    number = 0

    def answer(sid: str, form: dict[str, str]) -> Any:
        nonlocal number
        number += 1
        if number != nth:
            return act(sid, form)
        return answers(sid, form) if callable(answers) else answers

    rest.always = answer
    with monkeypatch.context() as hurried:
        if row.short and nth == 1:
            hurried.setattr(gateway, "DEADLINE", SHORT)
        scene.press(wish.verb, **wish.fields(scene))
    action = Action.objects.exclude(pk__in=known).get(verb=wish.verb)
    carries_on(scene, action, clock)
    all_is_well(scene, wish, action, clock)
