"""Calls that come by themselves, and chance that can be repeated."""

from collections import Counter

import pytest

from simulator.testing import RunningSimulator

from .conftest import NUMBER, dial

OTHER = "+15005550101"


def busy_minute(application, seed):
    """What happened to the first callers of a lively minute: their numbers, and how the call of each ended."""
    with RunningSimulator(
        numbers=[{"phone_number": number, "voice_url": f"{application.url}/voice/"} for number in (NUMBER, OTHER)],
        seed=seed,
        speed=100,
        habits={
            "caller_talk_seconds": [20, 40],
            "no_answer": 0.3,
            "busy": 0.2,
            "gives_up": 0,
            "patience_seconds": [900, 999],
        },
        traffic={"calls_per_minute": 30},
    ) as simulator:
        simulator.eventually(lambda: len([call for call in simulator.calls() if call["over"]]) >= 20)
        simulator.post("/sim/traffic", calls_per_minute=0)
        simulator.eventually(lambda: simulator.get("/sim/health")["live"] == 0)
        calls = simulator.calls()
    inbound = [call for call in calls if call["direction"] == "inbound"][:10]
    children = {call["parent_sid"]: call for call in calls if call["parent_sid"]}
    return [(c["sid"], c["from"], c["to"], children[c["sid"]]["sid"], children[c["sid"]]["status"]) for c in inbound]


def test_the_same_seed_brings_the_same_callers_to_the_same_ends(application):
    application.says("/voice/", dial(application, "<Number {}>+14155550188</Number>", timeout="10"))
    first = busy_minute(application, seed="11")
    assert busy_minute(application, seed="11") == first
    assert busy_minute(application, seed="12") != first
    assert len({caller for _, caller, *_ in first}) == 10


def test_traffic_is_started_slowed_and_stopped_at_run_time(twilio, application, client):
    application.says("/voice/", dial(application, "<Number {}>+14155550188</Number>"))
    twilio.post("/sim/behaviour", habits={"caller_talk_seconds": [5, 10], "busy": 0.1, "gives_up": 0.2})
    assert twilio.calls() == []
    twilio.post("/sim/traffic", calls_per_minute=120)
    twilio.eventually(lambda: len([call for call in twilio.calls() if call["over"]]) >= 30)
    assert twilio.post("/sim/traffic", calls_per_minute=0)["calls_per_minute"] == 0
    twilio.eventually(lambda: twilio.get("/sim/health")["live"] == 0)
    before = len(twilio.calls())
    twilio.ring(from_="+14155550123", to=NUMBER, hang_up_after=20)
    twilio.eventually(lambda: twilio.get("/sim/health")["live"] == 0)
    # Twenty seconds without another caller, at two a second before.
    assert len([call for call in twilio.calls()[before:] if call["direction"] == "inbound"]) == 1
    assert Counter(call["ended_by"] for call in twilio.calls())["caller"] > 0


def test_no_more_callers_at_once_than_the_traffic_may_bring(twilio):
    twilio.post("/sim/traffic", calls_per_minute=6000, at_most=5)
    twilio.eventually(lambda: len(twilio.calls()) == 5)
    twilio.post("/sim/behaviour")
    assert twilio.get("/sim/health")["live"] == 5


def test_the_traffic_is_of_the_kinds_that_it_is_said_to_be(twilio):
    twilio.post("/sim/traffic", calls_per_minute=600, at_most=30, mix={"angry caller": 1, "chatterbox": 1})
    twilio.eventually(lambda: len(twilio.calls()) == 30)
    assert {call["persona"] for call in twilio.calls()} == {"angry caller", "chatterbox"}


def test_a_caller_placed_by_hand_may_have_the_habits_of_the_others(twilio):
    twilio.post("/sim/behaviour", habits={"gives_up": 1, "gives_up_seconds": [5, 6]})
    patient = twilio.ring(from_="+14155550122", to=NUMBER)["sid"]
    usual = twilio.ring(from_="+14155550123", to=NUMBER, by_habit=True)["sid"]
    twilio.eventually(lambda: twilio.call(usual)["over"])
    assert twilio.call(usual)["ended_by"] == "caller" and not twilio.call(patient)["over"]


def test_a_reset_forgets_everything_and_begins_the_same_chance_again(twilio, application, client):
    def first_call():
        return twilio.ring(from_="+14155550123", to=NUMBER)["sid"]

    sid = first_call()
    twilio.post("/sim/faults", callbacks={"lost": 1})
    twilio.post("/sim/reset", seed="7")
    assert twilio.calls() == twilio.webhooks() == twilio.asked() == []
    assert twilio.get("/sim/faults")["callbacks"]["lost"] == 0
    assert client.incoming_phone_numbers.list()[0].voice_url == ""
    assert first_call() == sid


def test_a_reset_that_does_not_ask_for_a_seed_brings_calls_with_other_sids(twilio, client):
    number = client.incoming_phone_numbers.list()[0].sid
    seen = set()
    for _ in range(3):
        twilio.post("/sim/reset")
        seen.add((twilio.truth()["seed"], twilio.ring(from_="+14155550123", to=NUMBER)["sid"]))
    assert len({seed for seed, _ in seen}) == len({sid for _, sid in seen}) == 3
    assert client.incoming_phone_numbers.list()[0].sid == number
    seed, sid = seen.pop()
    twilio.post("/sim/reset", seed=seed)
    assert twilio.ring(from_="+14155550123", to=NUMBER)["sid"] == sid


@pytest.mark.parametrize(
    ("door", "content", "word"),
    [
        ("/sim/calls", {"from": "+14155550123", "to": "+19998887777"}, NUMBER),
        ("/sim/calls", {"from": "+14155550123", "to": NUMBER, "talk": 3}, "talk"),
        ("/sim/faults", {"callbacks": {"slow": 1}}, "slow"),
        ("/sim/faults", {"callbacks": {"late_seconds": [5, 1]}}, "late_seconds"),
        ("/sim/behaviour", {"add": {"who": "client:*", "answer": "sulks"}}, "sulks"),
        ("/sim/traffic", {"calls_per_minute": "many"}, "calls_per_minute"),
        ("/sim/traffic", {"mix": {"sulky caller": 1}}, "traffic: There is no persona 'sulky caller'"),
        ("/sim/settings", {"seed": "2"}, "seed"),
        ("/sim/nowhere", {}, "/sim/nowhere"),
        ("/sim/calls", {"from": "hello", "to": NUMBER}, "from must be an address such as"),
        ("/sim/calls", {"to": NUMBER}, "from must be an address such as"),
        ("/sim/calls", {"from": "client:dana", "application": "AP1"}, "there is no TwiML application 'AP1'"),
        ("/sim/calls/CA1/hangup", {}, "There is no call CA1."),
        ("/sim/behaviour", {"add": {"who": "ana"}}, "; client:ana, perhaps."),
        ("/sim/traffic", {"calls_per_minute": 1, "numbers": ["+19998887777"]}, "there is no number +19998887777"),
    ],
)
def test_a_wish_that_is_not_understood_is_answered_with_the_reason(twilio, door, content, word):
    with pytest.raises(AssertionError, match=r"40[04]") as refused:
        twilio.post(door, **content)
    assert word in str(refused.value)
