"""Every origin of a callback that Twilio has, in every order that Twilio's network may make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from calls.control import perform
from calls.control.verbs import end
from calls.intake.record import record
from calls.models import Audit, Board, Call, Leg, Report, Room
from calls.twilio.reports import from_rest
from tests.conftest import ACCOUNT, LINE
from tests.intake.rows import Desk

pytestmark = pytest.mark.lane_b
DANA = "+14155550177"
WORDS = {"early": "ringing", "live": "in-progress", "end": "completed"}
EVENTS = {"early": "participant-join", "live": "participant-unmute", "end": "participant-leave"}


@dataclass(frozen=True)
class Origin:
    """`said` gives what Twilio sends of a leg: by the leg's SID, its parent's, our call and the word."""

    name: str
    said: Callable[..., tuple[str, dict[str, str]]]
    role: str
    dialled: bool = False  # a child, which names its parent
    by_room: bool = False

    def __str__(self) -> str:
        return self.name

    def tell(self, twilio: Any, sid: str, what: str, sequence: int, *, parent: str = "", call: Any = "", **more: str):
        """`what` is early, live or end, or a word as it is."""
        word = (EVENTS if self.by_room else WORDS).get(what, what)
        path, form = self.said(sid, parent, call, word)
        if "SequenceNumber" in form:
            form["SequenceNumber"] = str(sequence)
        if what == "end" and not self.by_room:
            form |= {"CallDuration": "20", "SipResponseCode": "200"}
        return twilio.post(path, form | more)


def stamped(form: dict[str, str]) -> dict[str, str]:
    return form | {"SequenceNumber": "0", "Timestamp": format_datetime(timezone.now() + timedelta(seconds=1))}


def progress(query: str, direction: str, to: str) -> Callable[..., tuple[str, dict[str, str]]]:
    def said(sid: str, parent: str, call: Any, word: str) -> tuple[str, dict[str, str]]:
        ours = query.format(call=call) if call else query.partition("&")[2]
        number = LINE if direction == "outbound-api" else DANA
        form = {"CallSid": sid, "CallStatus": word, "From": number, "To": to, "Direction": direction}
        if parent:
            form["ParentCallSid"] = parent
        return f"/twilio/status/?{ours}", stamped(form) | {"CallbackSource": "call-progress-events"}

    return said


def number_callback(sid: str, parent: str, call: Any, word: str) -> tuple[str, dict[str, str]]:
    """Of an incoming number: at the end of the call, perhaps without SequenceNumber and Timestamp."""
    return "/twilio/status/", {
        "CallSid": sid,
        "CallStatus": word,
        "From": DANA,
        "To": LINE,
        "Direction": "inbound",
    }


def in_the_room(sid: str, parent: str, call: Any, word: str) -> tuple[str, dict[str, str]]:
    form = {"ConferenceSid": "CF" + "7" * 32, "FriendlyName": f"call-{call}" if call else "lobby", "CallSid": sid}
    return "/twilio/conference/", stamped(form | {"StatusCallbackEvent": word, "Muted": "false", "Hold": "false"})


AGENT = "call={call}&role=agent"
ORIGINS = [
    Origin("outbound API call", progress("call={call}&role=external", "outbound-api", "+14155550188"), "external"),
    Origin("inbound number", number_callback, "caller"),
    Origin("<Dial><Number>", progress(AGENT, "outbound-dial", "+14155550199"), "agent", dialled=True),
    Origin("<Dial><Sip>", progress(AGENT, "outbound-dial", "sip:ana@example.com"), "agent", dialled=True),
    Origin("<Dial><Client>", progress(AGENT, "outbound-dial", "client:ana"), "agent", dialled=True),
    Origin("participant", progress("call={call}&role=consult", "outbound-api", "client:ana"), "consult"),
    Origin("room", in_the_room, "caller", by_room=True),
]
every_origin = pytest.mark.parametrize("origin", ORIGINS, ids=str)
every_child = pytest.mark.parametrize("origin", [origin for origin in ORIGINS if origin.dialled], ids=str)
by_our_address = pytest.mark.parametrize("origin", [o for o in ORIGINS if o.name != "inbound number"], ids=str)


@pytest.fixture
def desk(rows):
    desk = Desk()
    yield desk
    assert desk.unlike_rows() == []


@every_origin
def test_of_a_call_that_nobody_knows(twilio, line, ana, desk, origin):
    sid = twilio.sid()
    assert origin.tell(twilio, sid, "live", 1).status_code == 204
    leg = Leg.objects.select_related("call").get(sid=sid)
    assert (leg.status, leg.role, leg.call.ended_at, leg.unverified) == ("in-progress", origin.role, None, False)
    assert Report.objects.get().verdict == "heard"


@every_origin
def test_the_end_comes_first_and_the_rest_is_history(twilio, line, ana, desk, origin):
    sid = twilio.sid()
    assert origin.tell(twilio, sid, "end", 3).status_code == 204
    ended_at = Leg.objects.get(sid=sid).ended_at
    assert origin.tell(twilio, sid, "live", 2).status_code == 204
    assert origin.tell(twilio, sid, "early", 1).status_code == 204
    leg = Leg.objects.select_related("call").get(sid=sid)
    if origin.by_room:  # a leg may leave a room and live on
        assert [presence.present for presence in leg.presences.all()] == [False]
    else:
        assert (leg.status, leg.call.status, leg.call.reopened_at, leg.duration) == ("completed", "ended", None, 20)
        # Without a time of Twilio's it is by our clock, and nothing ends before it was heard of.
        assert leg.ended_at >= ended_at if origin.name == "inbound number" else leg.ended_at == ended_at


@every_child
def test_a_child_is_heard_of_before_its_parent(twilio, line, ana, desk, origin):
    parent, child = twilio.sid(), twilio.sid()
    assert origin.tell(twilio, child, "live", 2, parent=parent).status_code == 204
    stub = Leg.objects.get(sid=parent)
    assert (stub.status, stub.live, stub.call) == ("queued", True, Leg.objects.get(sid=child).call)
    twilio.call_in(parent, From=DANA)
    call = Call.objects.get()
    assert {leg.sid: (leg.parent_id, leg.role) for leg in call.legs.all()} == {
        parent: (None, "caller"),
        child: (parent, "agent"),
    }
    assert (call.status, call.team, call.line, call.kind) == ("talking", line.team, line, "inbound")
    assert (call.from_number, call.direction) == (DANA, "inbound")


@every_child
def test_a_child_ends_before_anybody_else_is_heard_of(twilio, line, ana, desk, origin):
    parent, child = twilio.sid(), twilio.sid()
    origin.tell(twilio, child, "end", 3, parent=parent)
    assert Call.objects.get().ended_at is None  # somebody dialled it, and of that leg we know no end
    ORIGINS[1].tell(twilio, parent, "end", 0)
    twilio.call_in(parent, From=DANA)
    call = Call.objects.get()
    assert (call.status, call.outcome, call.reopened_at) == ("ended", "completed", None)


@every_origin
def test_a_word_that_nobody_knows_is_kept_and_changes_nothing(twilio, line, ana, desk, origin):
    sid = twilio.sid()
    origin.tell(twilio, sid, "live", 1)
    before = Leg.objects.values("status", "ended_at", "answered_at", "role").get(sid=sid)
    assert origin.tell(twilio, sid, "teleported", 2).status_code == 204
    assert Leg.objects.values("status", "ended_at", "answered_at", "role").get(sid=sid) == before
    kept = Report.objects.order_by("pk").last()
    assert kept.verdict == "strange"
    assert "teleported" in kept.body.values()


@every_origin
def test_a_word_that_nobody_knows_may_be_the_first(twilio, line, ana, desk, origin):
    assert origin.tell(twilio, twilio.sid(), "teleported", 0).status_code == 204
    assert Report.objects.get().verdict == "strange"
    assert Leg.objects.get().status == "queued"


@by_our_address
def test_a_leg_that_our_address_brings_into_its_call(twilio, dana_call, desk, origin):
    """`?call=` of its callback, or the name of its room, says which call it belongs to."""
    sid = twilio.sid()
    assert origin.tell(twilio, sid, "live", 1, call=dana_call.pk).status_code == 204
    assert Leg.objects.get(sid=sid).call == dana_call
    assert Call.objects.count() == 1


@pytest.fixture
def over(twilio, dana_call):
    """Dana's call, and everybody has hung up."""
    for leg in dana_call.legs.all():
        said = {"From": leg.from_number, "To": leg.to_number, "Direction": leg.direction, "CallDuration": "30"}
        twilio.status(leg.sid, "completed", 9, **said)
    dana_call.refresh_from_db()
    assert dana_call.status == "ended"
    return dana_call


@by_our_address
def test_a_late_leg_does_not_wake_an_ended_call_until_rest_says_that_it_lives(twilio, over, desk, origin):
    sid, caller = twilio.sid(), over.legs.get(role="caller").sid
    ended_at = over.ended_at
    origin.tell(twilio, sid, "live", 1, call=over.pk, parent=caller if origin.dialled else "")
    leg = Leg.objects.get(sid=sid)
    over.refresh_from_db()
    assert (leg.call, leg.unverified, leg.live) == (over, True, False)
    assert (over.status, over.ended_at, over.reopened_at) == ("ended", ended_at, None)
    assert Report.objects.order_by("pk").last().verdict == "unverified"

    origin.tell(twilio, sid, "live", 2, call=over.pk, Extra="still there")
    over.refresh_from_db()
    assert (over.status, Report.objects.order_by("pk").last().verdict) == ("ended", "unverified")

    record([rest(sid, "in-progress")])
    leg.refresh_from_db()
    over.refresh_from_db()
    assert (leg.unverified, leg.live, over.ended_at) == (False, True, None)
    assert over.reopened_at is not None
    assert over.status != "ended"

    record([rest(sid, "completed")])
    over.refresh_from_db()
    assert over.status == "ended"
    assert over.ended_at is not None


@by_our_address
def test_a_late_leg_of_an_ended_call_that_ends_is_history(twilio, over, desk, origin):
    sid = twilio.sid()
    origin.tell(twilio, sid, "live", 1, call=over.pk)
    if origin.by_room:
        ORIGINS[1].tell(twilio, sid, "end", 0)
    else:
        origin.tell(twilio, sid, "end", 2, call=over.pk)
    over.refresh_from_db()
    assert (over.status, over.reopened_at, over.legs.filter(unverified=True).count()) == ("ended", None, 0)


def rest(sid: str, status: str, **more: str):
    """Twilio's own account of a leg, asked for just now."""
    now = timezone.now()
    said = {"sid": sid, "account_sid": ACCOUNT, "status": status, "from": DANA, "to": "client:ana"}
    said |= {"date_created": format_datetime(now - timedelta(seconds=60))}
    if status == "completed":
        said |= {"end_time": format_datetime(now + timedelta(seconds=5)), "duration": "10"}
    return from_rest(said | more, asked_at=now)


def test_asked_again_rest_may_reopen_what_it_could_not_before(twilio, over):
    """The same words of REST as once before: a callback's repeat would be nothing new, REST's is a fresh look."""
    sid = twilio.sid()
    said = rest(sid, "in-progress", date_created="")
    record([said])
    assert Leg.objects.get(sid=sid).call != over
    Leg.objects.filter(sid=sid).update(call=over, unverified=True)
    record([rest(sid, "in-progress", date_created="")])
    over.refresh_from_db()
    assert over.reopened_at is not None
    assert Report.objects.get(source="rest").deliveries == 2


# Two that are one ------------------------------------------------------------------------------------------------


def test_two_calls_that_turn_out_to_be_one_become_the_older(twilio, line, ana, desk):
    """Ana's leg and Dana's meet in a room that nobody had named after a call."""
    dana, _ = twilio.call_in(From=DANA)
    older = Call.objects.get()
    child = twilio.sid()
    ORIGINS[5].tell(twilio, child, "live", 1)
    younger = Call.objects.exclude(pk=older.pk).get()
    assert desk.unlike_rows() == []
    before = Board.objects.get().revision
    for sequence, sid in enumerate((dana, child)):
        form = {"ConferenceSid": "CF" + "7" * 32, "FriendlyName": "lobby", "CallSid": sid}
        form = stamped(form | {"StatusCallbackEvent": "participant-join"}) | {"SequenceNumber": str(sequence)}
        assert twilio.post("/twilio/conference/", form).status_code == 204
    older.refresh_from_db()
    younger.refresh_from_db()
    assert younger.merged_into == older
    assert set(older.legs.values_list("sid", flat=True)) == {dana, child}
    assert Report.objects.filter(call=younger).count() == 0
    assert Room.objects.get().call == older
    desk.follow()
    assert set(desk.mirror.cards) == {older.pk}
    assert str(younger.pk) in desk.mirror.since(before, frozenset())[1]
    assert (older.status, older.merged_into) == ("talking", None)


def test_a_wish_for_a_call_that_turns_out_to_be_a_part_of_another_is_overtaken_in_words(twilio, line, alice, desk):
    calls = []
    for _ in range(2):
        sid, _ = twilio.call_in(From=DANA)
        calls.append(Call.objects.get(legs__sid=sid))
    older, younger = calls
    action, _ = perform.request(younger.pk, alice, "end", end, {}, key=uuid4(), shape="", stepped_up=False)
    assert perform.claim(action)
    room = {"ConferenceSid": twilio.sid("CF"), "FriendlyName": f"call-{older.pk}", "SequenceNumber": "1"}
    room |= {"StatusCallbackEvent": "participant-join", "CallSid": younger.legs.get().sid}
    twilio.post("/twilio/conference/", room)
    action.refresh_from_db()
    assert (action.state, action.message) == (
        "overtaken",
        "The call turned out to be a part of another one. Look there.",
    )
    assert Audit.objects.filter(action_id=action.pk, what="action.overtaken").exists()


def test_what_contradicts_an_earlier_word_is_heard_and_marked(twilio, dana_call, desk):
    """One event number, two stories: both are kept, the stronger one holds, and somebody may look into it."""
    agent = dana_call.legs.get(role="agent")
    said = {"From": agent.from_number, "To": agent.to_number, "Direction": agent.direction}
    said["Timestamp"] = format_datetime(timezone.now())  # of the same second: a later one would win by its time
    assert twilio.status(agent.sid, "completed", 3, **said, CallDuration="5").status_code == 204
    assert twilio.status(agent.sid, "no-answer", 3, **said, CallDuration="0").status_code == 204
    agent.refresh_from_db()
    assert (agent.status, agent.conflict) == ("completed", True)
    assert list(Report.objects.order_by("pk").values_list("verdict", flat=True))[-2:] == ["heard", "conflict"]


def test_what_is_said_of_a_merged_call_later_is_heard_by_the_other(twilio, line, ana, desk):
    """Addresses that we gave out before still name the younger one; and its own younger ones follow."""
    calls = []
    for _ in range(3):
        sid, _ = twilio.call_in(From=DANA)
        calls.append(Call.objects.get(legs__sid=sid))
    for younger, older in ((calls[2], calls[1]), (calls[1], calls[0])):
        room = {"ConferenceSid": twilio.sid("CF"), "FriendlyName": f"call-{older.pk}", "SequenceNumber": "1"}
        room |= {"StatusCallbackEvent": "participant-join", "CallSid": younger.legs.order_by("sid").last().sid}
        assert twilio.post("/twilio/conference/", room).status_code == 204
    sid = twilio.sid()
    assert ORIGINS[5].tell(twilio, sid, "live", 1, call=calls[2].pk).status_code == 204
    assert Leg.objects.get(sid=sid).call == calls[0]
    assert Call.objects.filter(merged_into=None).get() == calls[0]
    assert calls[0].legs.count() == 4


def test_an_ended_call_goes_into_the_live_one_however_old(twilio, over, desk):
    """It is not made live again by turning out to be a part of something."""
    room = {"ConferenceSid": "CF" + "7" * 32, "FriendlyName": "lobby", "StatusCallbackEvent": "participant-join"}
    twilio.post("/twilio/conference/", room | {"CallSid": over.legs.get(role="agent").sid, "SequenceNumber": "1"})
    sid = twilio.sid()
    ORIGINS[5].tell(twilio, sid, "live", 1)
    live = Call.objects.exclude(pk=over.pk).get()
    twilio.post("/twilio/conference/", room | {"CallSid": sid, "SequenceNumber": "2"})
    over.refresh_from_db()
    live.refresh_from_db()
    assert (over.merged_into, over.reopened_at, over.status) == (live, None, "ended")
    assert (live.ended_at, live.legs.count()) == (None, 3)


def test_a_moved_leg_is_not_dragged_back_by_its_old_address(twilio, line, ana, dana_call, desk):
    """`?call=` counts at first sight: later the leg may be in another call."""
    sid, _ = twilio.call_in(From="+14155550188")
    other = Call.objects.get(legs__sid=sid)
    agent = dana_call.legs.get(role="agent")
    said = {"From": agent.from_number, "To": agent.to_number, "Direction": agent.direction, "ParentCallSid": ""}
    assert twilio.status(agent.sid, "in-progress", 7, f"?call={other.pk}&role=agent", **said).status_code == 204
    assert Leg.objects.get(sid=agent.sid).call == dana_call
    assert Call.objects.filter(merged_into=None).count() == 2


def test_a_room_that_was_heard_of_before_its_people_finds_its_call(twilio, dana_call, desk):
    room = {"ConferenceSid": "CF" + "7" * 32, "FriendlyName": "lobby"}
    twilio.post("/twilio/conference/", room | {"StatusCallbackEvent": "conference-start", "SequenceNumber": "0"})
    assert Report.objects.get(door="conference").call is None
    caller = dana_call.legs.get(role="caller").sid
    join = {"StatusCallbackEvent": "participant-join", "CallSid": caller, "SequenceNumber": "1"}
    twilio.post("/twilio/conference/", room | join)
    assert set(Report.objects.filter(door="conference").values_list("call", flat=True)) == {dana_call.pk}


def test_a_room_that_is_over_stays_over_when_its_legs_are_heard_of_again(twilio, dana_call, desk):
    caller = dana_call.legs.get(role="caller")
    room = {"ConferenceSid": "CF" + "7" * 32, "FriendlyName": "lobby"}
    for sequence, event in enumerate(("participant-join", "conference-end")):
        who = {"CallSid": caller.sid} if event == "participant-join" else {}
        twilio.post(
            "/twilio/conference/",
            stamped(room | who | {"StatusCallbackEvent": event}) | {"SequenceNumber": str(sequence)},
        )
    left_at = caller.presences.get().left_at
    assert left_at is not None
    twilio.status(caller.sid, "completed", From=caller.from_number, CallDuration="90")
    presence = caller.presences.get()
    assert not presence.present
    assert presence.left_at <= left_at  # stamps are of whole seconds: the leg's own end may be a little earlier


def test_a_supervisors_leg_alone_is_over_when_it_ends_and_makes_way_for_the_call_it_listened_to(twilio, line, desk):
    sid = twilio.sid()
    said = {"From": LINE, "To": "client:sol", "Direction": "outbound-api"}
    room = {"ConferenceSid": "CF" + "7" * 32, "FriendlyName": "lobby", "StatusCallbackEvent": "participant-join"}
    twilio.status(sid, "in-progress", 1, "?role=supervisor", **said)
    assert (Call.objects.get().status, Call.objects.get().ended_at) == ("ending", None)
    twilio.post("/twilio/conference/", room | {"CallSid": sid, "SequenceNumber": "1"})
    twilio.status(sid, "completed", 2, "?role=supervisor", **said, CallDuration="5")
    alone = Call.objects.get()
    assert (alone.status, alone.ended_at is not None) == ("ended", True)

    dana = twilio.sid()
    twilio.post("/twilio/conference/", room | {"CallSid": dana, "SequenceNumber": "0"})
    alone.refresh_from_db()
    call = Call.objects.get(legs__sid=dana)
    assert (call.ended_at, call.legs.count(), call.legs.filter(unverified=True).count()) == (None, 2, 0)
    assert (alone.merged_into, alone.reopened_at) == (call, None)
