"""What a call is when its legs are what they are: tables, not runs."""

import itertools
import random
from typing import Any

import pytest

from calls.intake.lifecycle import NOTHING
from calls.intake.settle import Party, settle
from tests.intake.statements import CA, at, known, status


def party(role: str, word: str, *times: float, parent: bool = False, **more: Any) -> Party:
    """Somebody whose leg rang, was answered and ended at these times (as far as it got)."""
    words = {"ringing": 1, "in-progress": 2, "completed": 3}
    reports = [status("ringing", stamped=times[0], number=0)]
    if word in ("in-progress", "completed"):
        reports.append(status("in-progress", stamped=times[1], number=1))
    if word not in ("ringing", "in-progress"):
        reports.append(status(word, stamped=times[-1], number=words.get(word, 2)))
    return Party(f"{role}{times}", role, known(*reports), CA if parent else "", **more)


CALLER = party("caller", "in-progress", 0, 1)
CALLER_GONE = party("caller", "completed", 0, 1, 60)
ANA = party("agent", "in-progress", 5, 9, parent=True)
ANA_RINGING = party("agent", "ringing", 5, parent=True)
ANA_GONE = party("agent", "completed", 5, 9, 50, parent=True)
ANA_MISSED = party("agent", "no-answer", 5, 25, parent=True)
CLEO = party("consult", "in-progress", 20, 30)
CLEO_ON_HOLD = party("consult", "in-progress", 20, 30, held=True, held_since=at(35))
ON_HOLD = party("caller", "in-progress", 0, 1, held=True, held_since=at(15))
BOT = party("bot", "in-progress", 3, 4)
SOL = party("supervisor", "in-progress", 10, 12)
SOL_SPEAKS = party("supervisor", "in-progress", 10, 12, speaks=True, in_room=True)
WITH_BOT = party("caller", "in-progress", 0, 1, with_bot_since=at(3))  # no leg of its own: ConversationRelay
PEER = party("external", "in-progress", 2, 6, parent=True)
IN_ROOM = {"in_room": True, "in_room_since": at(4)}
WAITING = party("caller", "in-progress", 0, 1, **IN_ROOM)


@pytest.mark.parametrize(
    "parties, word, since",
    [
        ([], "ended", None),
        ([CALLER], "in-menu", 1),
        ([party("caller", "ringing", 0)], "ringing", 0),
        ([CALLER, ANA_RINGING], "ringing", 5),
        ([CALLER, ANA], "talking", 9),
        ([CALLER, PEER], "talking", 6),
        ([CALLER, ANA_MISSED], "in-menu", 25),
        ([CALLER, ANA_MISSED, party("agent", "ringing", 26, parent=True)], "ringing", 26),
        ([CALLER, BOT], "with-bot", 4),
        ([CALLER, BOT, ANA_RINGING], "with-bot", 4),
        ([CALLER, BOT, ANA], "talking", 9),
        ([WITH_BOT], "with-bot", 3),
        ([party("caller", "ringing", 0, with_bot_since=at(3))], "with-bot", 3),
        ([WITH_BOT, ANA_MISSED], "with-bot", 3),
        ([WITH_BOT, ANA_RINGING], "ringing", 5),  # whoever is rung, was: where they asked last is where they go back
        ([WITH_BOT, ANA], "talking", 9),
        ([CALLER, ANA, CLEO], "talking", 9),  # all three
        ([ON_HOLD, ANA, CLEO], "consulting", 30),
        ([CALLER, ANA, CLEO_ON_HOLD], "consulting", 30),  # the agent is back with the caller for a moment
        ([ON_HOLD, CLEO, party("consult", "in-progress", 40, 44)], "consulting", 44),
        ([ON_HOLD, ANA, party("consult", "ringing", 20)], "held", 15),
        ([ON_HOLD, ANA_GONE, CLEO], "held", 15),
        ([CALLER, ANA_GONE, CLEO_ON_HOLD], "held", 35),
        ([CALLER, CLEO], "talking", 30),
        ([CALLER, ANA_GONE, CLEO], "talking", 30),
        ([ON_HOLD, ANA], "held", 15),
        ([CALLER_GONE, ANA], "ending", 60),
        ([CALLER_GONE, ANA_RINGING], "ending", 60),
        ([CALLER_GONE, ANA_GONE], "ended", 60),
        ([CALLER_GONE, ANA_GONE, SOL], "ended", 60),
        ([SOL], "ended", None),
        ([CALLER, SOL], "in-menu", 1),
        ([CALLER_GONE, party("agent", "ringing", 70, unverified=True)], "ended", 60),
        ([party("agent", "in-progress", 0, 2), party("external", "ringing", 3)], "talking", 2),
        ([party("external", "ringing", 0)], "ringing", 0),
        ([party("", "in-progress", 0, 2)], "talking", 2),
        ([Party("stub", "caller", NOTHING), ANA_GONE], "ringing", None),
    ],
)  # fmt: skip
def test_the_status_of_a_call_by_its_legs(parties: list[Party], word: str, since: float | None) -> None:
    for order in itertools.permutations(parties):
        state = settle(order, direction="inbound", kind="inbound")
        assert state.status == word
        assert state.since == (None if since is None else at(since)) or (
            since is None and parties and word == "ringing"
        )


@pytest.mark.parametrize(
    "parties, word, since",
    [
        ([WAITING], "waiting", 4),
        ([party("caller", "ringing", 0, **IN_ROOM)], "waiting", 4),  # in a room, whatever we heard of the leg
        ([WAITING, ANA_MISSED], "waiting", 25),
        ([WAITING, ANA_GONE], "waiting", 50),  # with nobody, until they are brought back
        ([WAITING, ANA_RINGING], "ringing", 5),
        ([WAITING, ANA], "talking", 9),
        ([WAITING, SOL], "waiting", 4),
        ([WAITING, SOL_SPEAKS], "talking", 12),
        ([WAITING, ANA_GONE, SOL_SPEAKS], "talking", 12),  # taken over
        ([WAITING, ANA, SOL_SPEAKS], "talking", 9),
        ([CALLER_GONE, ANA_GONE, SOL_SPEAKS], "ended", 60),
        ([party("caller", "in-progress", 0, 1, held=True, held_since=at(15), **IN_ROOM), ANA], "held", 15),
        ([party("caller", "completed", 0, 1, 60, **IN_ROOM)], "ended", 60),
    ],
)
def test_a_caller_who_is_alone_in_a_room_waits_until_somebody_is_rung(
    parties: list[Party], word: str, since: float
) -> None:
    state = settle(parties, direction="inbound", kind="queue")
    assert (state.status, state.since) == (word, at(since))


@pytest.mark.parametrize(
    "parties, direction, kind, outcome, ended_by",
    [
        ([CALLER_GONE, ANA_GONE], "inbound", "inbound", "completed", "agent"),
        ([CALLER_GONE, party("agent", "completed", 5, 9, 60)], "inbound", "inbound", "completed", "caller"),
        ([CALLER_GONE, party("agent", "completed", 5, 9, 61)], "inbound", "inbound", "completed", "caller"),
        ([CALLER_GONE, ANA_MISSED], "inbound", "inbound", "missed", "caller"),
        ([CALLER_GONE, ANA_MISSED], "inbound", "", "missed", "caller"),
        ([CALLER_GONE], "inbound", "inbound", "missed", "caller"),
        ([CALLER_GONE], "inbound", "queue", "missed", "caller"),
        ([CALLER_GONE], "inbound", "notification", "completed", "caller"),
        ([CALLER_GONE], "outbound-api", "", "completed", "caller"),
        ([CALLER_GONE, ANA_MISSED, party("agent", "completed", 26, 30, 55)], "inbound", "", "completed", "agent"),
        # handed on: the first agent was long gone, and did not end the call
        ([CALLER_GONE, party("agent", "completed", 5, 9, 20), party("agent", "completed", 26, 30, 61)],
         "inbound", "", "completed", "caller"),
        ([CALLER_GONE, party("bot", "completed", 2, 3, 20), party("agent", "completed", 26, 30, 55)],
         "inbound", "", "completed", "agent"),
        ([party("caller", "no-answer", 0, 20)], "inbound", "inbound", "missed", ""),
        ([party("caller", "busy", 0, 20)], "outbound-api", "", "busy", ""),
        ([party("external", "busy", 0, 20)], "outbound-api", "", "busy", ""),
        ([party("external", "failed", 0, 20)], "outbound-api", "", "failed", ""),
        ([party("external", "canceled", 0, 20)], "outbound-api", "", "canceled", ""),
        ([party("external", "no-answer", 0, 20)], "outbound-api", "", "missed", ""),
        ([party("external", "completed", 0, 5, 20)], "outbound-api", "", "completed", "external"),
        ([], "inbound", "inbound", "completed", ""),
    ],
)  # fmt: skip
def test_how_a_call_ended_and_who_hung_up(
    parties: list[Party], direction: str, kind: str, outcome: str, ended_by: str
) -> None:
    for order in itertools.permutations(parties):
        state = settle(order, direction=direction, kind=kind)
        assert (state.status, state.outcome, state.ended_by) == ("ended", outcome, ended_by)


def test_a_leg_that_twilio_has_yet_to_confirm_does_not_count() -> None:
    stranger = party("agent", "completed", -9, 30, 90, unverified=True)
    assert settle([CALLER_GONE, stranger], direction="inbound", kind="") == settle(
        [CALLER_GONE], direction="inbound", kind=""
    )


def test_times_of_a_call_are_those_of_its_people() -> None:
    state = settle([CALLER_GONE, ANA_GONE, SOL], direction="inbound", kind="inbound")
    assert (state.started_at, state.answered_at, state.ended_at) == (at(0), at(9), at(60))
    live = settle([CALLER, ANA_RINGING], direction="inbound", kind="inbound")
    assert (live.started_at, live.answered_at, live.ended_at, live.outcome, live.ended_by) == (
        at(0),
        None,
        None,
        "",
        "",
    )


EVERYBODY = [
    CALLER,
    WAITING,
    CALLER_GONE,
    ANA,
    ANA_RINGING,
    ANA_GONE,
    ANA_MISSED,
    CLEO,
    BOT,
    SOL,
    PEER,
    Party("stub", "agent", NOTHING),
]


def test_any_company_makes_a_call_and_its_order_does_not_matter(rng: random.Random) -> None:
    for _ in range(500):
        parties = rng.sample(EVERYBODY, rng.randrange(6))
        kind = rng.choice(["", "inbound", "queue"])
        state = settle(parties, direction="inbound", kind=kind)
        again = settle(rng.sample(parties, len(parties)), direction="inbound", kind=kind)
        assert state == again
        assert (state.status == "ended") == bool(state.outcome)
        assert (state.ended_at is not None) <= (state.status == "ended")
