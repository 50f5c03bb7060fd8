"""Every origin of a callback that Twilio has, in every order that Twilio's network may make of it."""

import pytest

from calls.intake.record import record
from calls.models import Call, Leg, Report
from tests.intake.origins import DANA, ORIGINS, rest

pytestmark = pytest.mark.lane_b
every_origin = pytest.mark.parametrize("origin", ORIGINS, ids=str)
every_child = pytest.mark.parametrize("origin", [origin for origin in ORIGINS if origin.dialled], ids=str)
by_our_address = pytest.mark.parametrize("origin", [o for o in ORIGINS if o.name != "inbound number"], ids=str)


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
