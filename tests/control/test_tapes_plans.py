"""Plans of what runs beside a call, of the legs and tapes alone: what is asked of Twilio, and what has to be seen."""

import pytest

from calls.control.plans import tapes
from calls.control.plans.tapes import Beside, Running
from tests.control.test_third_plans import cast

TAPE, WORDS, EARS = (Running(kind[0].upper(), kind, "dana") for kind in ("recording", "transcription", "stream"))
DANA_AND_ANA = cast("dana", "ana")


def asked(plan) -> list[tuple[str, str]]:
    """Of what beside the leg which status."""
    return [(one["its"], one["to"]["Status"]) for one in plan.sends]


def test_a_pause_is_heard_as_silence_and_proved_by_a_look_from_after_it():
    plan = tapes.pause(DANA_AND_ANA, Beside([TAPE], now=5_000, trusted=7_000))
    (sent,) = plan.sends
    assert sent["to"] == {"Status": "paused", "PauseBehavior": "silence"}
    assert (plan.proof["are"], plan.proof["after"]) == ("paused", 7_000)
    assert tapes.pause(DANA_AND_ANA, Beside([TAPE], now=9_000, trusted=7_000)).proof["after"] == 9_000


def test_only_what_is_stopped_is_over_for_good():
    beside = Beside([TAPE, WORDS, EARS])
    assert asked(tapes.resume(DANA_AND_ANA, beside)) == [("R", "in-progress")]
    for kind, sid in (("recording", "R"), ("transcription", "T"), ("stream", "S")):
        assert asked(tapes.stop(DANA_AND_ANA, beside, kind, verb="stop")) == [(sid, "stopped")]


def test_privacy_is_about_all_of_them_and_is_on_when_all_were_seen():
    plan = tapes.privacy(DANA_AND_ANA, Beside([TAPE, WORDS, EARS], now=5_000), minutes=5)
    assert asked(plan) == [("R", "paused"), ("T", "stopped"), ("S", "stopped")]
    paused, silent, _ = plan.proof["all"]
    assert (paused["tapes"], paused["are"], paused["after"]) == (["R"], "paused", 5_000)
    assert silent["silent"] == ["S", "T"]


@pytest.mark.parametrize(("kind", "verb"), [(kind, verb) for verb, kind in tapes.BEGINS.items()])
def test_nothing_begins_and_nothing_goes_on_while_privacy_is_on(kind, verb):
    private = Beside([TAPE] if kind != "recording" else [], private=True)
    begins = tapes.begin(DANA_AND_ANA, DANA_AND_ANA.leg("dana"), private, kind, verb=verb, values={})
    goes_on = tapes.resume(DANA_AND_ANA, Beside([TAPE], private=True))
    assert [refusal.code for plan in (begins, goes_on) for refusal in plan.refusals] == ["privacy"] * 2
    assert begins.sends == goes_on.sends == ()
