"""The one list of a call's page: what is in it, in which order, and how far each wish came."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calls.desk.story import story
from calls.live.frames import moment

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    return moment(NINE + timedelta(seconds=seconds)) or ""


def leg(**more: Any) -> dict[str, Any]:
    plain = {"role": "agent", "name": "Ana Pereira", "number": "client:ana", "status": "in-progress", "sip_code": None}
    times = {"started_at": at(3), "ringing_at": at(4), "answered_at": at(6), "ended_at": None}
    return plain | times | {"direction": "outbound-dial", "held": False, "unverified": False, "healed": False} | more


def action(**more: Any) -> dict[str, Any]:
    times = {"requested_at": at(10), "sent_at": at(10.012), "accepted_at": at(10.212), "settled_at": at(10.64)}
    plain = {"verb": "transfer", "what": "to Grace Kim", "by": "Ben Okafor", "state": "confirmed", "message": ""}
    return plain | times | more


def call(**more: Any) -> dict[str, Any]:
    plain = {"ended_at": None, "ended_by": "", "outcome": "", "unverified_since": None, "status": "talking"}
    return plain | {"legs": [leg()], "actions": [action()]} | more


def report(**more: Any) -> dict[str, Any]:
    plain = {"at": at(6), "door": "status", "says": "in-progress", "sid": "CA1", "deliveries": 1, "verdict": "heard"}
    return plain | more


def test_everything_is_in_one_list_the_oldest_first_and_what_twilio_said_before_what_it_meant():
    told = story(call(ended_at=at(20), ended_by="agent", outcome="completed"), [report()])
    assert [(line["kind"], line["what"], line["more"]) for line in told] == [
        ("leg", "Ana Pereira", "is dialled"),
        ("leg", "Ana Pereira", "rings"),
        ("report", "in-progress", "status"),
        ("leg", "Ana Pereira", "is connected"),
        ("action", "Transfer to Grace Kim", "Ben Okafor"),
        ("call", "Ended", "the agent hung up"),
    ]


@pytest.mark.parametrize(
    ("more", "steps"),
    [
        ({}, [("recorded", None), ("sent", 12), ("accepted", 212), ("effect seen", 640)]),
        ({"state": "accepted", "settled_at": None}, [("recorded", None), ("sent", 12), ("accepted", 212)]),
        ({"state": "requested", "sent_at": None, "accepted_at": None, "settled_at": None}, [("recorded", None)]),
        (
            {"state": "unknown", "accepted_at": None, "settled_at": None},
            [("recorded", None), ("sent", 12), ("unknown", None)],
        ),
        ({"state": "failed", "accepted_at": None}, [("recorded", None), ("sent", 12), ("failed", 640)]),
        ({"state": "abandoned"}, [("recorded", None), ("sent", 12), ("accepted", 212), ("needs a human", 640)]),
    ],
)
def test_a_wish_tells_its_steps_with_milliseconds(more, steps):
    line = next(line for line in story(call(actions=[action(**more)]), []) if line["kind"] == "action")
    assert [(step["word"], step["ms"]) for step in line["steps"]] == steps
    assert line["bad"] == (steps[-1][0] in {"unknown", "failed", "needs a human"})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": "completed"}, "left the call"),
        ({"status": "completed", "healed": True}, "left the call, callback lost"),
        ({"status": "busy", "sip_code": 486}, "was busy (486)"),
        ({"status": "no-answer"}, "did not answer"),
    ],
)
def test_a_leg_says_how_it_ended(more, words):
    told = story(call(legs=[leg(ended_at=at(9), **more)]), [])
    assert [line["more"] for line in told if line["kind"] == "leg"][-1] == words


def test_what_twilio_said_twice_or_what_contradicts_is_marked():
    told = story(call(legs=[], actions=[]), [report(deliveries=3, verdict="conflict")])
    assert told[0]["more"] == "status ×3, conflict"
