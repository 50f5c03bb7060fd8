"""Two who are connected by <Dial> are moved into a room because somebody wants what can be done only there: over HTTP,
against the simulator."""

import pytest

from calls.models import Action, Leg, Line
from tests.control import scenes
from tests.control.floor import until
from tests.control.scenes import Scene

pytestmark = pytest.mark.floor
DESKS = 20
THANKS = "Thank you for calling. Goodbye."


def in_the_room(scene: Scene, *sids: str) -> None:
    """All of them, in the room of the call."""
    room = f"call-{scene.call.pk}"
    rooms = scene.desk.floor.rest("GET", "Conferences", params={"FriendlyName": room})["conferences"]
    assert [one["status"] for one in rooms] == ["in-progress"]
    for sid in sids:
        assert scene.desk.truth(sid)["conference_sid"] == rooms[0]["sid"]


def talk(scene: Scene, *sids: str) -> None:
    until(lambda: all(scene.desk.truth(sid)["connected"] for sid in sids), "they talk")


def is_over(scene: Scene, *sids: str) -> None:
    until(lambda: all(scene.desk.truth(sid)["over"] for sid in sids), "they are gone")


def is_held(scene: Scene, sid: str, value: bool) -> None:
    until(lambda: scene.desk.seat(sid)["hold"] == value, "on hold or not")


def test_whoever_talks_by_dial_is_moved_into_a_room_and_put_on_hold(desk):
    scene = scenes.talking(desk)
    plan = desk.plan(scene.call, "hold")
    assert [(effect["then"], effect["fate"]) for effect in plan["effects"]] == [
        ("moves into a room, then hears music and is not heard", "changes"),
        ("moves into a room", "moves"),
    ]
    assert plan["warnings"][0].startswith("Both are moved into a room first: they hear nothing for about a second")
    desk.does(scene.call, "hold", shape=plan["shape"])
    in_the_room(scene, scene.first, scene.other)
    is_held(scene, scene.first, True)

    desk.does(scene.call, "resume")
    talk(scene, scene.first, scene.other)
    assert desk.heard(scene.first, THANKS) == 0


def test_when_the_agent_hangs_up_the_caller_hears_what_they_would_have_heard(desk):
    scene = scenes.talking(desk)
    desk.does(scene.call, "mute", leg=scene.other)
    desk.floor.twilio.hang_up(scene.other)
    until(lambda: desk.heard(scene.first, THANKS), "the goodbye")
    is_over(scene, scene.first)


def test_when_the_caller_hangs_up_the_agent_is_free_again(desk):
    scene = scenes.talking(desk)
    desk.does(scene.call, "mute", leg=scene.other)
    desk.floor.twilio.hang_up(scene.first)
    is_over(scene, scene.other)
    assert desk.heard(scene.other, THANKS) == 0


def test_the_call_is_ended_whole(desk):
    scene = scenes.talking(desk)
    desk.does(scene.call, "hold")
    desk.does(scene.call, "end")
    is_over(scene, scene.first, scene.other)


def test_an_agent_on_a_dialled_call_consults_another_and_hands_over(desk):
    scene = scenes.talking(desk)
    desk.does(scene.call, "transfer", mode="warm", destination=desk.bo)
    bo = desk.rung(desk.agents["Bo"].contact)
    in_the_room(scene, scene.first, scene.other, bo.sid)
    talk(scene, scene.other, bo.sid)
    is_held(scene, scene.first, True)
    desk.does(scene.call, "complete")
    is_over(scene, scene.other)
    talk(scene, scene.first, bo.sid)
    desk.floor.twilio.hang_up(bo.sid)
    until(lambda: desk.heard(scene.first, THANKS), "the goodbye")


def test_there_too_the_agent_may_hang_up_in_the_middle(desk):
    scene = scenes.talking(desk)
    desk.does(scene.call, "transfer", mode="warm", destination=desk.bo)
    bo = desk.rung(desk.agents["Bo"].contact)
    desk.floor.twilio.hang_up(scene.other)
    talk(scene, scene.first, bo.sid)
    desk.floor.twilio.hang_up(bo.sid)
    until(lambda: desk.heard(scene.first, THANKS), "the goodbye")
    is_over(scene, scene.first)


def test_and_after_a_canceled_one_the_room_ends_with_the_agent_again(desk):
    scene = scenes.talking(desk)
    desk.does(scene.call, "transfer", mode="warm", destination=desk.bo)
    desk.does(scene.call, "cancel")
    talk(scene, scene.first, scene.other)
    until(lambda: desk.seat(scene.other)["end_conference_on_exit"], "the room ends with Ana")
    desk.floor.twilio.hang_up(scene.other)
    until(lambda: desk.heard(scene.first, THANKS), "the goodbye")


def test_who_was_transferred_is_lifted_as_well(desk):
    scene = scenes.talking_after_a_transfer(desk)
    desk.does(scene.call, "hold")
    in_the_room(scene, scene.first, scene.other)
    desk.does(scene.call, "resume")
    talk(scene, scene.first, scene.other)


def test_whom_typed_twiml_has_connected_is_lifted_as_well(desk):
    scene = scenes.talking(desk)
    desk.does(
        scene.call,
        "redirect",
        twiml=f"<Response><Dial>{desk.outside}</Dial></Response>",
        password="correct horse battery",
    )
    outside = desk.rung(desk.outside)
    desk.does(scene.call, "hold", by="junior")  # the password has given the other one a new session
    in_the_room(scene, scene.first, outside.sid)


def test_of_a_foreign_dial_without_an_action_it_is_said_why_not(desk):
    scene = scenes.bridged_by_another_application(desk)
    answer = desk.wish(scene.call, "hold")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_room")
    assert answer.json()["message"] == (
        f"{desk.agents['Ana'].name} and the caller cannot be moved into a room, where alone this can be done: "
        "another application connected them, and its <Dial> has no action that leads here."
    )
    talk(scene, scene.first, scene.other)


def test_one_whose_action_leads_here_is_lifted(desk):
    Line.objects.filter(address=desk.foreign).update(dial_returns=True)
    scene = scenes.bridged_by_another_application(desk, action=True)
    assert desk.wish(scene.call, "verify").status_code == 200  # nobody has told us yet which line was called
    desk.does(scene.call, "transfer", mode="warm", destination=desk.bo)
    bo = desk.rung(desk.agents["Bo"].contact)
    in_the_room(scene, scene.first, scene.other, bo.sid)
    desk.does(scene.call, "cancel")
    talk(scene, scene.first, scene.other)


def test_a_customer_who_was_called_for_an_agent_is_lifted(desk):
    Line.objects.filter(address=desk.foreign).update(dial_returns=True)
    scene = scenes.click_to_call(desk, action=True)
    desk.does(scene.call, "add", destination=desk.bo)
    bo = desk.rung(desk.agents["Bo"].contact)
    in_the_room(scene, scene.first, scene.other, bo.sid)
    desk.does(scene.call, "end")
    is_over(scene, scene.first, scene.other, bo.sid)


def test_that_customer_is_not_left_alone_there_when_the_agent_is_removed(desk):
    Line.objects.filter(address=desk.foreign).update(dial_returns=True)
    scene = scenes.click_to_call(desk, action=True)
    desk.does(scene.call, "hold", leg=scene.first)
    desk.does(scene.call, "resume", leg=scene.first)
    plan = desk.plan(scene.call, "kick", leg=scene.other)
    assert [(each["name"], each["then"]) for each in plan["effects"] if each["leg"] == scene.first] == [
        ("Other party", "is hung up")
    ]
    desk.does(scene.call, "kick", leg=scene.other)
    is_over(scene, scene.first, scene.other)


def test_nor_when_a_supervisor_has_taken_over_and_hangs_up(desk):
    Line.objects.filter(address=desk.foreign).update(dial_returns=True)
    scene = scenes.click_to_call(desk, action=True)
    desk.does(scene.call, "take_over")
    until(lambda: desk.truth(scene.other)["over"], "Ana is taken out of the room")
    supervisor = desk.rung(desk.phone)
    talk(scene, scene.first, supervisor.sid)
    desk.floor.twilio.hang_up(supervisor.sid)
    is_over(scene, scene.first)


@pytest.mark.parametrize("whose", ["a caller's", "a customer's"])
def test_on_hold_too_nobody_is_left_alone_with_the_music(desk, whose):
    """The supervisor has taken the call over, put the other one on hold, and hangs up: there is no queue to go to."""
    Line.objects.filter(address=desk.foreign).update(dial_returns=True)
    scene = scenes.talking(desk) if whose == "a caller's" else scenes.click_to_call(desk, action=True)
    desk.does(scene.call, "take_over")
    until(lambda: desk.row(scene.other, "completed"), "Ana is gone, by our rows")
    supervisor = desk.rung(desk.phone)
    talk(scene, scene.first, supervisor.sid)
    desk.does(scene.call, "hold", leg=scene.first)
    plan = desk.plan(scene.call, "leave")
    (effect,) = [effect for effect in plan["effects"] if effect["leg"] == scene.first]
    assert (effect["then"], effect["fate"]) == ("is hung up", "goes")
    desk.floor.twilio.hang_up(supervisor.sid)
    is_over(scene, scene.first)


def test_an_agent_who_hangs_up_in_that_moment_is_not_followed_into_the_room(desk):
    scene = scenes.talking(desk)
    desk.floor.twilio.hang_up(scene.other)
    answer = desk.wish(scene.call, "hold")
    if answer.json()["action"]:
        action = desk.settled(answer.json()["action"])
        assert action.state == Action.State.FAILED, action.message
    until(lambda: desk.heard(scene.first, THANKS), "the goodbye")
    assert Leg.objects.filter(call=scene.call).count() == 2
