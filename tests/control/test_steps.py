"""Wishes of several parts: each is sent when the one before is seen to be true, and what was begun is made good.

The verb here is made up: Ana's leg is ended, and only when that is seen, Dana's.
"""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from calls import failpoints
from calls.control.perform import GRACE
from calls.control.plan import Plan, part
from calls.control.verbs import VERBS
from calls.control.verbs.deed import Deed
from calls.floor import outcomes
from calls.models import Action, Audit, Leg
from tests.control.aftermath import goes_on

JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def nothing_stays_armed():
    yield
    failpoints.armed.clear()


@pytest.fixture
def floor(dana_call, supervisors, client, rest, twilio):
    """Dana talks to Ana, and ben is at his desk."""
    client.force_login(supervisors[0])
    sids = {leg.role: leg.pk for leg in dana_call.legs.all()}

    def ended(who):
        assert twilio.status(sids[who], "completed", 9, CallDuration="30").status_code == 204

    def asked():
        return [sid for sid, _ in rest.asked]

    return SimpleNamespace(call=dana_call, dana=sids["caller"], ana=sids["agent"], ended=ended, asked=asked)


@pytest.fixture
def wished(client, floor, monkeypatch):
    """`wished(proof, then=…)`: ben's wish, whose first part ends Ana's leg and waits for `proof`."""

    def press(proof, **parts):
        plan = Plan("redirect", "", "?", sends=(ends(floor.ana),), proof=proof, **parts)
        monkeypatch.setitem(VERBS, "redirect", Deed(plan=lambda call, legs, fields, rights: plan))
        answer = client.post(f"/calls/{floor.call.pk}/redirect/", {"key": str(uuid4())}, headers=JSON)
        assert answer.status_code == 202, answer.content
        return Action.objects.get()

    return press


def ends(sid):
    return {"sid": sid, "status": "completed"}


@pytest.fixture
def ends_dana(floor):
    return part([ends(floor.dana)], {"ended": [floor.dana]}, words="Ana is gone. Now Dana.", looks=[floor.dana])


def test_the_second_part_is_sent_when_the_first_is_seen_and_not_before(floor, wished, ends_dana):
    action = wished({"ended": [floor.ana]}, then=ends_dana)
    outcomes.follow_up()
    action.refresh_from_db()
    assert (action.state, action.step) == ("accepted", "")

    floor.ended("agent")
    action.refresh_from_db()
    assert (action.state, action.step, action.message) == ("requested", "then", "Ana is gone. Now Dana.")
    assert floor.asked() == [floor.ana]

    outcomes.follow_up()
    assert floor.asked() == [floor.ana, floor.dana]
    floor.ended("caller")
    action.refresh_from_db()
    assert (action.state, action.step) == ("confirmed", "then")
    steps = list(Audit.objects.filter(action_id=action.pk).order_by("id").values_list("what", "facts__step"))
    assert [(what.removeprefix("action."), step) for what, step in steps] == [
        ("requested", None), ("sending", None), ("accepted", None),
        ("requested", "then"), ("sending", "then"), ("accepted", "then"), ("confirmed", "then"),
    ]  # fmt: skip


def test_two_processes_that_carry_on_send_it_once(floor, wished, ends_dana):
    wished({"ended": [floor.ana]}, then=ends_dana)
    floor.ended("agent")
    first, second = Action.objects.get(), Action.objects.get()
    outcomes.carry_on(first, first.requested_at)
    outcomes.carry_on(second, second.requested_at)
    assert floor.asked() == [floor.ana, floor.dana]


def test_nothing_more_is_sent_when_what_it_is_built_upon_is_not_so_any_more(floor, wished, ends_dana):
    action = wished({"ended": [floor.ana]}, then=ends_dana)
    floor.ended("agent")
    Leg.objects.filter(pk=floor.ana).update(ended_at=None)
    outcomes.follow_up()
    action.refresh_from_db()
    assert (action.state, action.code) == ("failed", "not_sent")
    assert action.message == "It changed again before the rest was done: look who is there."
    assert floor.asked() == [floor.ana]


def test_of_a_desk_that_was_away_too_long_only_the_first_part_was_done(floor, wished, ends_dana, clock):
    action = wished({"ended": [floor.ana]}, then=ends_dana)
    floor.ended("agent")
    clock.goes_on(5 + GRACE.total_seconds())
    outcomes.follow_up()
    action.refresh_from_db()
    assert (action.state, action.code, floor.asked()) == ("failed", "not_sent", [floor.ana])
    assert action.message.startswith("Only the first part was done")


@pytest.mark.parametrize("point", ["action.after_sending", "action.after_twilio", "action.after_outcome"])
def test_wherever_the_second_part_dies_the_wish_ends_and_the_end_is_true(floor, wished, ends_dana, clock, point):
    action = wished({"ended": [floor.ana]}, then=ends_dana)
    floor.ended("agent")
    failpoints.armed[point] = "raise"
    with pytest.raises(failpoints.SimulatedCrash):
        outcomes.follow_up()
    failpoints.armed.clear()
    action.refresh_from_db()
    action = goes_on(action, clock, lambda: floor.dana in floor.asked() and floor.ended("caller"))
    assert (action.state, action.step) == ("confirmed", "then")
    assert action.settled_at <= action.due_at + outcomes.GIVE_UP


def test_dies_between_the_parts_and_the_next_process_carries_on(floor, wished, ends_dana):
    action = wished({"ended": [floor.ana]}, then=ends_dana)
    failpoints.armed["intake.after_commit"] = "raise"
    with pytest.raises(failpoints.SimulatedCrash):
        floor.ended("agent")
    failpoints.armed.clear()
    action.refresh_from_db()
    assert (action.state, action.step) == ("requested", "then")
    outcomes.follow_up()
    floor.ended("caller")
    action.refresh_from_db()
    assert action.state == "confirmed"


def test_whoever_is_called_by_the_second_part_is_not_rung_again_after_a_crash(rest, floor, wished, clock):
    called = {"add": "client:bo", "room": "CF" + "7" * 32, "role": "consult", "from": "+15550100100"}
    action = wished({"ended": [floor.ana]}, then=part([called], {"entered": "Bo"}, words="Bo.", looks=[floor.dana]))
    floor.ended("agent")
    failpoints.armed["action.after_twilio"] = "raise"
    with pytest.raises(failpoints.SimulatedCrash):
        outcomes.follow_up()
    failpoints.armed.clear()
    action.refresh_from_db()
    action = goes_on(action, clock)
    assert action.state == "abandoned"
    assert [form["To"] for _, form in rest.asked if "To" in form] == ["client:bo"]


def test_what_failed_is_made_good_and_then_the_wish_has_failed(floor, wished, clock, ends_dana):
    """However late: whoever is on hold for it must not stay there."""
    action = wished({"flags": {floor.ana: {"held": True}}}, otherwise=ends_dana)
    floor.ended("agent")
    action.refresh_from_db()
    assert (action.state, action.step) == ("requested", "otherwise")
    clock.goes_on(600)
    outcomes.follow_up()
    floor.ended("caller")
    action.refresh_from_db()
    assert (action.state, action.code, floor.asked()) == ("failed", "left", [floor.ana, floor.dana])
    assert action.message == "The leg ended before it could be done."


def test_what_twilio_refused_is_made_good_too(rest, floor, wished, ends_dana):
    rest.refuses(400, 21218, "No such thing")
    action = wished({"ended": [floor.ana]}, otherwise=ends_dana)
    assert action.step == "otherwise"
    outcomes.follow_up()
    floor.ended("caller")
    action.refresh_from_db()
    assert (action.state, action.code, floor.asked()) == ("failed", "21218", [floor.ana, floor.dana])


def test_who_ends_the_call_overtakes_what_was_still_to_be_sent(client, floor, wished, ends_dana):
    action = wished({"ended": [floor.ana]}, then=ends_dana)
    floor.ended("agent")
    client.post(f"/calls/{floor.call.pk}/end/", {"key": str(uuid4()), "target": "call"}, headers=JSON)
    outcomes.follow_up()
    action.refresh_from_db()
    assert (action.state, action.step) == ("overtaken", "then")
