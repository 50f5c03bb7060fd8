"""Taking a call over: first the one who comes is in the room and heard, then the agent goes."""

import pytest

from calls.floor import outcomes
from calls.models import Action, Agent, Leg, Presence
from tests.control.test_ears import Talk, talk

__all__ = ["Talk", "talk"]
BEN = "CA" + "5" * 32


@pytest.fixture
def listening(talk, wish, supervisors):
    """ben listens to Dana and Ana already."""
    talk.will_ring(BEN, muted=True)
    wish(supervisors[0], talk.call, "monitor")
    talk.rings(BEN, "in-progress", 0)
    talk.joins(BEN, Muted="true")
    assert Action.objects.get().state == "confirmed"
    talk.rest.asked.clear()
    return talk


def takes(talk, wish, supervisors, **fields):
    answer = wish(supervisors[0], talk.call, "take_over", **fields)
    assert answer.status_code == 202, answer.content
    return Action.objects.get(verb="take_over")


def asked(talk):
    """Of whom in the room what."""
    return [(whom.partition("/")[2], form) for whom, form in talk.rest.asked]


def removed(talk):
    return [sid for sid, form in asked(talk) if form == {"gone": "true"}]


def test_ana_goes_when_ben_is_heard_and_not_before(listening, wish, supervisors):
    talk, dana, ana = listening, listening.sids["caller"], listening.sids["agent"]
    action = takes(talk, wish, supervisors)
    assert asked(talk) == [(BEN, {"Muted": "false", "Coaching": "false"})]
    for _ in range(3):
        outcomes.follow_up()
    assert removed(talk) == [], "Twilio has accepted it, and nobody has seen it"
    talk.says("participant-unmute", BEN)
    outcomes.follow_up()
    assert removed(talk) == [ana]
    action.refresh_from_db()
    assert action.state == "accepted"
    talk.says("participant-leave", ana)
    action.refresh_from_db()
    assert (action.state, action.step) == ("confirmed", "then")
    talk.twilio.status(ana, "completed", 9)
    talk.call.refresh_from_db()
    assert (talk.call.status, talk.call.ended_at) == ("talking", None), "Dana and ben talk on"
    assert set(Presence.objects.filter(present=True).values_list("leg", flat=True)) == {dana, BEN}


def test_if_ben_hangs_up_in_the_moment_in_between_ana_stays(listening, wish, supervisors):
    talk = listening
    action = takes(talk, wish, supervisors)
    talk.says("participant-unmute", BEN)
    talk.says("participant-leave", BEN)
    talk.twilio.status(BEN, "completed", 9, f"?call={talk.call.pk}&role=supervisor")
    outcomes.follow_up()
    action.refresh_from_db()
    assert (action.state, removed(talk)) == ("failed", [])
    assert Presence.objects.get(leg=talk.sids["agent"]).present


def test_where_the_room_would_end_with_ana_it_is_kept_open_first(listening, wish, supervisors):
    talk, ana = listening, listening.sids["agent"]
    talk.says("participant-modify", ana, EndConferenceOnExit="true")
    takes(talk, wish, supervisors)
    talk.says("participant-unmute", BEN)
    talk.rest.refuses(400, 20001, "No.")
    outcomes.follow_up()
    assert asked(talk)[1:] == [(ana, {"EndConferenceOnExit": "false"})], "and she stays, if it cannot be"
    assert Action.objects.get(verb="take_over").state == "failed"


def test_given_to_bo_and_back_to_ana(talk, wish, supervisors):
    bo = Agent.objects.create(name="Bo Lind", contact="client:bo", state=Agent.State.AVAILABLE)
    bo.teams.add(talk.call.team)
    ana, bos, anas = talk.sids["agent"], "CA" + "8" * 32, "CA" + "9" * 32
    talk.will_ring(bos)
    takes(talk, wish, supervisors, destination=f"agent-{bo.pk}")
    talk.rings(bos, "in-progress", 0)
    talk.joins(bos)
    outcomes.follow_up()
    talk.says("participant-leave", ana)
    talk.twilio.status(ana, "completed", 9)
    talk.call.refresh_from_db()
    assert (removed(talk), talk.call.agent) == ([ana], bo)

    talk.will_ring(anas)
    told = wish(supervisors[1], talk.call, "hand_back")
    assert told.status_code == 202, told.content
    assert talk.rest.asked[-1][1]["To"] == "client:ana"
    talk.rings(anas, "in-progress", 0)
    assert removed(talk) == [ana]
    talk.joins(anas)
    outcomes.follow_up()
    assert removed(talk) == [ana, bos]
    talk.says("participant-leave", bos)
    assert Action.objects.get(verb="hand_back").state == "confirmed"
    assert Leg.objects.get(pk=anas).agent.name == "Ana Pereira"
    assert wish(supervisors[1], talk.call, "hand_back").json()["code"] == "not_taken"
