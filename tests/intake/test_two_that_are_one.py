"""Two calls, or a leg, a room and a call, that turn out to be one."""

from email.utils import format_datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from calls.control import perform
from calls.control.verbs import end
from calls.models import Audit, Board, Call, Leg, Report, Room
from tests.conftest import LINE
from tests.intake.origins import DANA, ORIGINS, stamped

pytestmark = pytest.mark.lane_b


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
    action, _ = perform.request(younger.pk, alice, "end", end, {}, key=uuid4(), shape="", stepped_up=False, owed=False)
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
