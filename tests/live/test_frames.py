"""What a body tells, and what it hides."""

import json
from random import Random

import pytest

from calls.live.frames import mask
from tests.live.floor import Floor


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
    told = json.loads(card.full)
    assert [bool(leg["ended_at"]) for leg in told["legs"]].count(True) == 5
    assert told["more_legs"] == len(floor.legs[call.pk]) - len(told["legs"])
    assert len(told["actions"]) == 3
    assert len(card.full) < 8 * 1024
