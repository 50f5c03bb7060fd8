"""What a body tells, and what it hides."""

import json
from datetime import timedelta
from random import Random

import pytest

from calls.live import frames, lean
from calls.live.frames import mask
from calls.models import Agent, Call, Leg, Line, Position, Team
from tests.guards import figure
from tests.live.floor import BEGAN, Floor
from tests.live.reducer import whole


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+14155550177", "+1 ··· 0177"),
        ("+35312345678", "+353 ··· 5678"),
        ("+46701234417", "+46 ··· 4417"),
        ("client:ana", "client:ana"),
        ("sip:+14155550177@example.com", "sip:+1 ··· 0177@example.com"),
        ("sip:ana@pbx.example.com", "sip:ana@pbx.example.com"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("12345678", "··· 78"),
        ("sip:415-555-0100@pbx.example.com", "sip:··· 0100@pbx.example.com"),
        ("sip:+1.415.555.0100@10.20.30.40", "sip:+1 ··· 0100@10.20.30.40"),
        ("(415) 555 0100", "··· 0100"),
        ("1234567890123456789012", "··· 9012"),
    ],
)
def test_who_may_not_see_a_number_sees_where_it_is_from_and_how_it_ends(number, shown):
    assert mask(number) == shown


def test_a_row_stays_small_however_long_the_call_and_however_many_wishes():
    floor = Floor(Random(1))
    floor.begin()
    (call,) = floor.live()
    floor.leg_joins(call)
    floor.wish(call)
    assert len(floor.cards()[0].full) < 4 * 1024
    for _ in range(30):
        floor.leg_joins(call)
        floor.wish(call)
        floor.action_moves(call, "failed")
    for leg in floor.legs[call.pk][1:30]:
        leg.ended_at = floor.now
    for action in floor.actions[call.pk]:
        action.become("failed", at=floor.now, message="Twilio refused: that is not a valid number (21211).")
    (card,) = floor.cards()
    told = whole(json.loads(card.full))
    assert [bool(leg["ended_at"]) for leg in told["legs"]].count(True) == 5
    assert told["more_legs"] == len(floor.legs[call.pk]) - len(told["legs"])
    assert len(told["actions"]) == 3
    assert len(card.full) < 8 * 1024


def test_a_lean_body_made_whole_says_what_the_whole_call_says(rng):
    """Masked and in full: the desk may miss nothing that it draws, and who may not see a number gets none."""
    floor = Floor(rng)
    for _ in range(figure(2_000)):
        floor.change()
        for call in rng.sample(floor.live(), k=min(3, len(floor.live()))):
            make_odd(floor, call)
            of_call = floor.legs[call.pk], floor.actions[call.pk], floor.presences[call.pk]
            for told, full in zip(lean.texts(call, *of_call), (False, True), strict=True):
                row, body = whole(json.loads(told)), frames.body(call, *of_call, full=full)
                assert row["legs"] == [shown(leg, row["legs"][0]) for leg in body["legs"] if is_among(leg, row)]
                assert row["actions"] == [action for action in body["actions"] if is_among(action, row)]
                kept = row | {"legs": body["legs"], "actions": body["actions"], "more_legs": 0}
                assert kept == {key: body[key] for key in row}


def make_odd(floor, call):
    """What Twilio may leave out, and what is rare."""
    began, leg = call.started_at, floor.rng.choice(floor.legs[call.pk])
    call.started_at = floor.rng.choice([began, began, began, None, floor.now + timedelta(microseconds=1_999)])
    leg.started_at = floor.rng.choice([leg.started_at, leg.started_at, None, call.started_at])
    leg.ringing_at = floor.rng.choice([leg.ringing_at, floor.now])
    leg.sip_code, leg.healed = floor.rng.choice([(None, False), (486, False), (0, True)])
    leg.unverified = floor.rng.random() < 0.2


def is_among(told, row):
    return any(
        told.get(key) == one.get(key) for one in row["legs"] + row["actions"] for key in ("sid", "id") if key in told
    )


def shown(leg, like):
    """As a row has it: when it rang is of interest only if nobody knows when it began."""
    return {key: leg[key] for key in like} | ({"ringing_at": None} if leg["started_at"] else {})


def test_an_ordinary_call_with_two_legs_is_small_on_the_wire():
    """Two hundred desks at 800 changes a second: each byte of it is 160 KB/s."""
    at = [BEGAN + timedelta(milliseconds=ms) for ms in (0, 1_250, 14_480, 19_903)]
    team, agent = Team(pk=12, name="Billing"), Agent(pk=1, name="Ana Marković", contact="client:ana")
    line = Line(address="+15550100100", name="Billing hotline", team=team)
    call = Call(
        team=team, line=line, agent=agent, status="talking", direction="inbound", from_number="+14155550177",
        to_number=line.address, started_at=at[0], status_since=at[3], heard_at=at[3],
    )  # fmt: skip
    call.position = Position(call=call, revision=1_234_567, shape=2)
    caller = Leg(
        sid="CA" + "1" * 32, role="caller", status="in-progress", direction="inbound", from_number=call.from_number,
        to_number=call.to_number, started_at=at[0], ringing_at=at[0], answered_at=at[1],
    )  # fmt: skip
    agents = Leg(
        sid="CA" + "2" * 32, role="agent", status="in-progress", direction="outbound-dial", agent=agent,
        from_number=call.from_number, to_number="client:ana", parent=caller, started_at=at[1], ringing_at=at[2],
        answered_at=at[3],
    )  # fmt: skip
    masked, full = lean.texts(call, [caller, agents], [])
    assert len(masked) <= 550 and len(full) <= 550


def test_an_agent_who_has_left_is_not_shown_as_if_they_were_still_there():
    """Sent on to somebody else, the caller talks without them; when all is over, theirs is the name to remember."""
    ana = Agent(pk=1, name="Ana Pereira", contact="client:ana")
    call = Call(agent=ana, status="talking", started_at=BEGAN)
    call.position = Position(call=call, revision=1)
    agents = Leg(sid="CA" + "2" * 32, role="agent", agent=ana, started_at=BEGAN)
    others = Leg(sid="CA" + "3" * 32, role="external", started_at=BEGAN)

    def named():
        row = whole(json.loads(lean.texts(call, [agents, others], [])[0]))
        assert row["agent"] == frames.body(call, [agents, others], [], full=False)["agent"]
        return row["agent"], next(leg["name"] for leg in row["legs"] if leg["role"] == "agent")

    assert named() == ("Ana Pereira", "Ana Pereira")
    agents.ended_at = BEGAN
    assert named() == ("", "Ana Pereira")
    call.ended_at = BEGAN
    assert named() == ("Ana Pereira", "Ana Pereira")
