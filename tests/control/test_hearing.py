"""Who hears whom: a table of rooms; and where that is not what somebody wished, in a sentence."""

from types import SimpleNamespace

import pytest

from calls.control.hearing import Place, hears, misheard, wanted

CALLER = Place("C", "caller", "room")
ANA = Place("A", "agent", "room", "Ana")
CLEO = Place("T", "consult", "room", "Cleo")
BEN = Place("B", "supervisor", "room", "Ben")
KIM = Place("K", "supervisor", "room", "Kim")
BOT = Place("R", "bot", "room")
MUTED, HELD, NOT_YET = {"muted": True}, {"held": True}, {"started": False}
TO_ANA = {"coaching": True, "coaches": "A"}


def be(place, **flags):
    return place._replace(**flags)


# Pairs as listener–speaker.
ROOMS = [
    ("nobody", [], ""),
    ("one alone", [CALLER], ""),
    ("two", [CALLER, ANA], "CA AC"),
    ("two, before it begins", [be(CALLER, **NOT_YET), be(ANA, **NOT_YET)], ""),
    ("the caller waits, and the agent has just come in", [be(CALLER, **NOT_YET), ANA], ""),
    ("two rooms", [CALLER, be(ANA, room="other")], ""),
    ("the caller on hold", [be(CALLER, **HELD), ANA], ""),
    ("the agent on hold", [CALLER, be(ANA, **HELD)], ""),
    ("both on hold", [be(CALLER, **HELD), be(ANA, **HELD)], ""),
    ("the caller muted", [be(CALLER, **MUTED), ANA], "CA"),
    ("the agent muted", [CALLER, be(ANA, **MUTED)], "AC"),
    ("both muted", [be(CALLER, **MUTED), be(ANA, **MUTED)], ""),
    ("muted and on hold", [be(CALLER, **MUTED, **HELD), ANA], ""),
    ("three", [CALLER, ANA, CLEO], "CA CT AC AT TC TA"),
    ("three, one muted", [CALLER, ANA, be(CLEO, **MUTED)], "CA AC TC TA"),
    ("three, one on hold", [CALLER, ANA, be(CLEO, **HELD)], "CA AC"),
    ("consulting: the caller waits", [be(CALLER, **HELD), ANA, CLEO], "AT TA"),
    ("swapped: who is consulted waits", [CALLER, ANA, be(CLEO, **HELD)], "CA AC"),
    ("the two without the agent", [CALLER, be(ANA, **HELD), CLEO], "CT TC"),
    ("with a bot", [CALLER, BOT], "CR RC"),
    ("a supervisor listens", [CALLER, ANA, be(BEN, **MUTED)], "CA AC BC BA"),
    ("two supervisors listen", [CALLER, ANA, be(BEN, **MUTED), be(KIM, **MUTED)], "CA AC BC BA KC KA"),
    ("a supervisor speaks", [CALLER, ANA, BEN], "CA CB AC AB BC BA"),
    ("a supervisor has taken over", [CALLER, BEN], "CB BC"),
    ("a supervisor has taken over, and another listens", [CALLER, BEN, be(KIM, **MUTED)], "CB BC KC KB"),
    ("a supervisor whispers to the agent", [CALLER, ANA, be(BEN, **TO_ANA)], "CA AC AB BC BA"),
    ("to whom, nobody knows: to the agent", [CALLER, ANA, be(BEN, coaching=True)], "CA AC AB BC BA"),
    ("to an agent who has gone: to nobody", [CALLER, be(BEN, **TO_ANA)], "BC"),
    ("to whom, nobody knows, and there is no agent", [CALLER, be(BEN, coaching=True)], "BC"),
    ("to who is consulted", [CALLER, ANA, CLEO, be(BEN, coaching=True, coaches="T")],
     "CA CT AC AT TC TA TB BC BA BT"),
    ("whispers, muted: not even the agent hears it", [CALLER, ANA, be(BEN, **TO_ANA, **MUTED)], "CA AC BC BA"),
    ("whispers, and the caller waits", [be(CALLER, **HELD), ANA, be(BEN, **TO_ANA)], "AB BA"),
    ("whispers, and the agent is on hold: heard by nobody", [CALLER, be(ANA, **HELD), be(BEN, **TO_ANA)], "BC"),
    ("whispers, and the agent is muted", [CALLER, be(ANA, **MUTED), be(BEN, **TO_ANA)], "AC AB BC"),
    ("one whispers, one listens: the listener does not hear it", [CALLER, ANA, be(BEN, **TO_ANA), be(KIM, **MUTED)],
     "CA AC AB BC BA KC KA"),
    ("two whisper: neither hears the other", [CALLER, ANA, be(BEN, **TO_ANA), be(KIM, **TO_ANA)],
     "CA AC AB AK BC BA KC KA"),
    ("whispers before it begins", [be(CALLER, **NOT_YET), be(ANA, **NOT_YET), be(BEN, **TO_ANA, **NOT_YET)], ""),
    ("a supervisor on hold", [CALLER, ANA, be(BEN, **HELD)], "CA AC"),
]  # fmt: skip
assert len(ROOMS) >= 30


@pytest.mark.parametrize(("places", "pairs"), [room[1:] for room in ROOMS], ids=[room[0] for room in ROOMS])
def test_who_hears_whom(places, pairs):
    told = [listener + speaker for listener, speaker in hears(places)]
    assert sorted(told) == sorted(pairs.split())
    assert sorted(hears(places[::-1])) == sorted(hears(places)), "whatever the order"


# Against the wishes ---------------------------------------------------------------------------------------------


def wish(verb, *sends, state="confirmed", by="Alice", seen=None, then=()):
    parts = [{"sends": sends}, *({"sends": more} for more in then)]
    who = SimpleNamespace(get_full_name=lambda: by, get_username=lambda: by)
    is_open = state in ("requested", "sending", "accepted", "unknown")
    return SimpleNamespace(verb=verb, state=state, open=is_open, parts=parts, by=who, seen=seen or {})


def sets(sid, room="room", **values):
    return {"seat": sid, "room": room, "set": values}


MUTE, UNMUTE = wish("mute", sets("A", Muted="true")), wish("unmute", sets("A", Muted="false"))
HOLD = wish("hold", sets("C", Hold="true", HoldUrl="x", HoldMethod="POST"))
LISTEN = wish("monitor", {"add": "client:ben", "room": "room", "muted": True, "coach": ""}, seen={"legs": ["B"]})
WHISPER = wish("whisper", sets("B", Muted="false", Coaching="true", CallSidToCoach="A"), by="Ben")
NOT_HEARD = ["The caller hears Ana: Alice wished otherwise (mute)."]


@pytest.mark.parametrize(
    ("places", "actions", "told"),
    [
        ([CALLER, ANA], [], []),
        ([CALLER, be(ANA, **MUTED)], [MUTE], []),
        ([CALLER, ANA], [MUTE], NOT_HEARD),
        ([CALLER, ANA], [MUTE, UNMUTE], []),
        ([CALLER, be(ANA, **MUTED)], [MUTE, UNMUTE],
         ["The caller does not hear Ana: Alice wished otherwise (unmute)."]),
        ([CALLER, ANA], [wish("mute", sets("A", Muted="true"), state="failed")], []),
        ([CALLER, ANA], [MUTE, wish("unmute", sets("A", Muted="false"), state="accepted")], []),
        ([CALLER, ANA], [MUTE, wish("announce", {"say": "room", "room": "room"}, state="accepted")], NOT_HEARD),
        ([be(CALLER, room="next"), be(ANA, room="next")], [HOLD, MUTE], []),
        ([CALLER, ANA], [HOLD], ["Ana hears the caller: Alice wished otherwise (hold).",
                                 "The caller hears Ana: Alice wished otherwise (hold)."]),
        ([CALLER, ANA, be(BEN, **MUTED)], [LISTEN], []),
        ([CALLER, be(BEN)], [LISTEN], ["The caller hears Ben: Alice wished otherwise (monitor)."]),
        ([CALLER, ANA, be(BEN, **TO_ANA)], [LISTEN, WHISPER], []),
        ([CALLER, ANA, BEN], [LISTEN, WHISPER], ["The caller hears Ben: Ben wished otherwise (whisper)."]),
        ([CALLER, BEN], [wish("take_over", sets("B", Muted="false", Coaching="false"), then=[[{"kick": "A"}]])], []),
        ([CALLER, be(BEN, **MUTED)],
         [wish("take_over", sets("B", Muted="false", Coaching="false"), then=[[{"kick": "A"}]])],
         ["The caller does not hear Ben: Alice wished otherwise (take over)."]),
        ([CALLER, be(BEN, **MUTED)],
         [wish("hand_back", {"add": "client:ana", "room": "room"}, then=[[sets("B", Muted="true", Coaching="false")]])],
         []),
    ],
)  # fmt: skip
def test_where_it_is_not_as_somebody_wished(places, actions, told):
    assert misheard(places, wanted(actions, places)) == told
