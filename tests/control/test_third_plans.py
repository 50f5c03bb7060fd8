"""Plans of consultations and of lifting, of the legs and seats alone: who is who, what is asked in which order."""

from types import SimpleNamespace

import pytest

from calls.control.cast import Cast, Seat
from calls.control.plan import Target
from calls.control.plans import consult, lift, seats

ROOM = "CF" + "1" * 32
ROLES = {"dana": "caller", "ana": "agent", "bo": "consult", "cy": "consult", "sue": "supervisor", "ext": "external"}
BO = Target("Bo", "client:bo", "agent", "available")


def cast(*who: str, held: str = "", rings: str = "", ends: str = "", dials: str = "", flow: str = "") -> Cast:
    """Who is on the call, in the order in which they came; `rings` is in no room; `dials`: in a <Dial>, in no room;
    `flow`: where the first came from."""
    legs = [
        SimpleNamespace(
            sid=name,
            role=ROLES[name],
            status="ringing" if name == rings else "in-progress",
            direction="inbound" if name == "dana" else "outbound-api",
            parent_id=who[0] if name == dials else None,
            ended_at=None,
            resume_url=flow if name == who[0] else "",
        )
        for name in who
    ]
    rooms = {
        name: Seat(ROOM, "call-1", held=name in held.split(), end_on_exit=name in ends.split())
        for name in who
        if name != rings and not dials
    }
    return Cast(legs, who="Dana", names={name: name.capitalize() for name in who}, rooms=rooms)


def codes(plan) -> list[str]:
    return [refusal.code for refusal in plan.refusals]


@pytest.mark.parametrize(
    ("there", "begun", "agent", "third"),
    [
        (cast("dana", "ana"), False, "ana", None),
        (cast("dana", "ana", "bo", held="dana"), True, "ana", "bo"),
        (cast("dana", "ana", "bo", rings="bo", held="dana"), True, "ana", "bo"),
        (cast("dana", "ana", "bo", held="bo"), True, "ana", "bo"),
        (cast("dana", "bo", held="dana"), True, None, "bo"),  # the agent hung up in the middle of it
        (cast("dana", "bo"), False, "bo", None),  # it was handed over
        (cast("dana", "bo", held="dana"), False, "bo", None),  # and now they are on hold for something else
        (cast("dana", "bo", "cy", held="dana"), True, "bo", "cy"),  # who was consulted consults another
        (cast("dana", "sue", "ana", "bo", held="dana"), True, "ana", "bo"),
        (cast("ext", "ana", "bo", held="ext"), True, "ana", "bo"),  # a call that Ana made
        (cast("dana"), False, None, None),
    ],
)
def test_who_is_who_in_a_consultation(there, begun, agent, third):
    now = consult.consultation(there, begun=begun)
    assert now.caller.role in ("caller", "external")
    assert (now.agent and now.agent.sid, now.third and now.third.sid) == (agent, third)


def test_the_caller_is_on_hold_before_anybody_is_called_and_off_it_if_nobody_answers():
    plan = consult.warm(cast("dana", "ana"), BO, caller_id="+15550100100", begun=False)
    assert plan.sends == ({"seat": "dana", "room": ROOM, "set": {"Hold": "true"}},)
    assert plan.then["sends"] == [{"add": "client:bo", "room": ROOM, "role": "consult", "from": "+15550100100"}]
    assert plan.then["otherwise"]["sends"] == [{"seat": "dana", "room": ROOM, "set": {"Hold": "false"}}]


def test_an_agent_with_whom_the_room_would_end_does_not_take_the_others_along_as_long_as_it_lasts():
    there = cast("dana", "ana", "bo", held="dana")
    begins = consult.warm(cast("dana", "ana", ends="ana"), BO, caller_id="+15550100100", begun=False)
    assert [one["set"] for one in begins.sends] == [{"EndConferenceOnExit": "false"}, {"Hold": "true"}]
    assert begins.facts["closes"] == "ana"
    canceled = consult.cancel(there, begun=True, calling=False, closes="ana")
    assert canceled.sends[-1] == {"seat": "ana", "room": ROOM, "set": {"EndConferenceOnExit": "true"}}
    done = consult.complete(there, begun=True, closes="ana")
    assert done.then["sends"][0] == {"seat": "bo", "room": ROOM, "set": {"EndConferenceOnExit": "true"}}


def test_a_consultation_is_canceled_when_the_third_one_is_gone_and_the_caller_off_hold():
    plan = consult.cancel(cast("dana", "ana", "bo", held="dana"), begun=True, calling=False)
    assert plan.sends == ({"kick": "bo", "room": ROOM}, {"seat": "dana", "room": ROOM, "set": {"Hold": "false"}})
    assert plan.proof == {"all": [{"ended": ["bo"]}, {"flags": {"dana": {"held": False}}}]}


def test_whom_the_agent_leaves_is_on_hold_before_the_other_comes_off_it():
    plan = consult.swap(cast("dana", "ana", "bo", held="dana"), begun=True)
    assert plan.sends == ({"seat": "bo", "room": ROOM, "set": {"Hold": "true"}},)
    assert plan.then["sends"] == [{"seat": "dana", "room": ROOM, "set": {"Hold": "false"}}]


def test_the_agent_leaves_only_when_the_caller_is_off_hold():
    plan = consult.complete(cast("dana", "ana", "bo", held="dana"), begun=True)
    assert plan.sends == ({"seat": "dana", "room": ROOM, "set": {"Hold": "false"}},)
    assert plan.then["sends"] == [{"kick": "ana", "room": ROOM}]


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (consult.complete(cast("dana", "ana"), begun=False), "nobody"),
        (consult.complete(cast("dana", "ana", "bo", rings="bo", held="dana"), begun=True), "not_answered"),
        (consult.swap(cast("dana", "ana", "bo", rings="bo", held="dana"), begun=True), "not_answered"),
        (consult.swap(cast("dana", "bo", held="dana"), begun=True), "nobody"),
        (consult.swap(cast("dana", "ana", "bo"), begun=True), "not_held"),
        (consult.cancel(cast("dana", "ana", held="dana"), begun=False, calling=False), "nobody"),
        (consult.cancel(cast("dana", "ana", held="dana"), begun=True, calling=True), "calling"),
        (consult.warm(cast("dana", "ana", "bo", held="dana"), BO, caller_id="", begun=True), "consulting"),
        (consult.warm(cast("dana"), BO, caller_id="", begun=False), "not_started"),
        (consult.warm(cast("dana", "ana", dials="ana"), BO, caller_id="", begun=False), "no_room"),
        (consult.add(cast("dana", "ana", dials="ana"), BO, caller_id=""), "no_room"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(plan, code):
    assert codes(plan) == [code]
    assert plan.sends == () and plan.refusals[0].message.endswith(".")


@pytest.mark.parametrize(
    ("there", "returns", "code"),
    [
        (cast("dana", "ana", dials="ana", flow="/twilio/voice/?step=ring"), False, None),
        (cast("dana", "ana", dials="ana"), True, None),
        (cast("dana", "ana", dials="ana"), False, "no_room"),
        (cast("dana", "ana", dials="ana", rings="ana", flow="/twilio/voice/?step=ring"), False, "not_answered"),
        (cast("dana", dials="dana"), True, None),  # there is nobody to say anything of
    ],
)
def test_two_are_moved_into_a_room_only_where_both_can_follow(there, returns, code):
    why = lift.why_not(there, returns)
    assert (why and why.code) == code


def test_who_was_dialled_goes_into_the_room_first_and_the_wish_comes_when_both_are_there():
    there = cast("dana", "ana", dials="ana", flow="/twilio/voice/?step=ring")
    inside = Cast(there.legs, there.who, there.names, rooms=lift.together(there, "call-7"))
    made = seats.mute(inside, inside.leg("ana"), on=True)
    plan = lift.first(there, made, "call-7")
    assert plan.sends == ({"sid": "ana", "step": "room"},)
    assert (plan.proof, plan.moves) == ({"seated": ["ana", "dana"]}, ("ana",))
    assert plan.then["sends"] == [{"seat": "ana", "room": "call-7", "set": {"Muted": "true"}}]
    assert plan.then["proof"] == made.proof
    assert [effect.then for effect in plan.effects] == [
        "moves into a room, then hears all, and is not heard", "moves into a room",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("there", "then"),
    [
        (cast("dana", "ana"), "is hung up"),
        (cast("ext", "ana"), "is hung up"),  # a call that Ana made
        (cast("ext", "ana", "sue"), "is in the room as before"),
        (cast("ext", "ana", "bo"), "is in the room as before"),
        (cast("ext", "ana", "bo", rings="bo"), "is in the room as before"),
        (cast("ext", "ana", held="ext"), "is hung up"),
    ],
)
def test_nobody_stays_in_the_room_whom_the_floor_lets_out_of_it(there, then):
    outside = there.live[0].sid
    effects = seats.kick(there, there.leg("ana")).effects
    assert [effect.then for effect in effects if effect.leg == outside] == [then]
