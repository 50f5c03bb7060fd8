"""Warm transfers from one end of the line to the other: over HTTP, against the simulator. Dana's caller talks to Ana in
a room, and Bo is consulted."""

from collections.abc import Iterator

import pytest

from calls.models import Action, Leg, Presence
from tests.control.floor import Desk, until
from tests.control.scenes import Scene, two_in_a_room

pytestmark = pytest.mark.floor
DESKS = 16


@pytest.fixture
def scene(desks: Iterator[Desk]) -> Scene:
    """The caller and Ana are in a room: a world for each test."""
    return two_in_a_room(next(desks))


def contact(scene: Scene) -> str:
    return scene.desk.agents["Bo"].contact


def consults(scene: Scene) -> Leg:
    """Ana talks to Bo, and the caller waits."""
    scene.desk.does(scene.call, "transfer", mode="warm", destination=scene.desk.bo)
    scene.wishes += 1
    return scene.desk.rung(contact(scene))


def rings_at_bo(scene: Scene) -> tuple[str, Leg]:
    """The caller waits, and Bo does not pick up yet."""
    answer = scene.desk.wish(scene.call, "transfer", mode="warm", destination=scene.desk.bo)
    assert answer.status_code == 202, answer.text
    return answer.json()["action"], scene.desk.rung(contact(scene), "ringing")


def held(scene: Scene, sid: str) -> bool:
    return bool(scene.desk.seat(sid)["hold"])


def is_held(scene: Scene, sid: str, value: bool) -> None:
    until(lambda: held(scene, sid) == value, f"{sid} is {'' if value else 'not '}on hold")
    until(Presence.objects.filter(leg=sid, present=True, held=value).exists, "our rows say so")


def is_over(scene: Scene, *sids: str) -> None:
    until(lambda: all(scene.desk.truth(sid)["over"] for sid in sids), "they are gone")


def talk(scene: Scene, *sids: str) -> None:
    """In one room, heard and not on hold."""

    def together() -> bool:
        return all(scene.desk.truth(sid)["connected"] and not held(scene, sid) for sid in sids)

    until(together, "they talk")


def is_(scene: Scene, status: str) -> None:
    def now() -> bool:
        scene.call.refresh_from_db()
        return scene.call.status == status

    until(now, f"the call is {status}")


def wishes(scene: Scene) -> list[tuple[str, str]]:
    return list(Action.objects.filter(call=scene.call).order_by("requested_at").values_list("verb", "state"))


def test_bo_is_consulted_and_gets_the_caller(scene):
    plan = scene.desk.plan(scene.call, "transfer", mode="warm", destination=scene.desk.bo)
    ana, bo_name = scene.desk.agents["Ana"].name, scene.desk.agents["Bo"].name
    assert [effect["then"] for effect in plan["effects"]] == [
        "hears music and is not heard",
        f"is called, for up to 20 s, and talks to {ana}",
        "is in the room as before",
    ]
    assert plan["warnings"] == [
        f"{bo_name} is away: the call may not be answered.",
        f"If {bo_name} does not answer within 20 s, or hangs up, the caller is taken off hold again.",
        f"If {ana} hangs up meanwhile, the caller and {bo_name} are joined.",
    ]
    bo = consults(scene)
    assert bo.role == "consult"
    is_held(scene, scene.first, True)
    talk(scene, scene.other, bo.sid)
    is_(scene, "consulting")

    scene.desk.does(scene.call, "complete")
    is_over(scene, scene.other)
    talk(scene, scene.first, bo.sid)
    is_(scene, "talking")
    until(lambda: Leg.objects.get(pk=scene.other).ended_at, "Ana's end in our rows")
    scene.call.refresh_from_db()
    assert scene.call.agent == scene.desk.agents["Bo"]


def test_a_consultation_is_canceled_and_ana_goes_on_with_the_caller(scene):
    bo = consults(scene)
    scene.desk.does(scene.call, "cancel")
    is_over(scene, bo.sid)
    talk(scene, scene.first, scene.other)
    is_(scene, "talking")


def test_it_is_canceled_half_way_while_bo_rings(scene):
    scene.desk.floor.behaves(contact(scene), after=1000.0)
    begun, bo = rings_at_bo(scene)
    plan = scene.desk.plan(scene.call, "cancel")
    assert [effect["then"] for effect in plan["effects"]] == [
        "stops ringing", "is back in the conversation", "is in the room as before",
    ]  # fmt: skip
    scene.desk.does(scene.call, "cancel", shape=plan["shape"])
    is_over(scene, bo.sid)
    talk(scene, scene.first, scene.other)
    action = Action.objects.get(pk=begun)
    assert (action.state, action.message) == ("overtaken", f"Overtaken: {action.by} canceled it.")


def test_bo_is_busy_and_the_caller_comes_off_hold(scene):
    scene.desk.floor.behaves(contact(scene), answer="busy")
    answer = scene.desk.wish(scene.call, "transfer", mode="warm", destination=scene.desk.bo)
    action = scene.desk.settled(answer.json()["action"])
    name = scene.desk.agents["Bo"].name
    assert (action.state, action.code) == ("failed", "target_busy")
    assert action.message == f"{name} was busy. The caller is taken off hold again."
    is_held(scene, scene.first, False)
    talk(scene, scene.first, scene.other)
    assert wishes(scene) == [("transfer", "failed")]


def test_bo_hangs_up_in_the_middle_and_the_caller_comes_off_hold(scene):
    bo = consults(scene)
    scene.desk.floor.twilio.hang_up(bo.sid)
    talk(scene, scene.first, scene.other)
    until(lambda: ("cancel", "confirmed") in wishes(scene), "it is in the ledger")
    is_(scene, "talking")
    assert wishes(scene) == [("transfer", "confirmed"), ("cancel", "confirmed")]


def test_ana_hangs_up_in_the_middle_and_the_other_two_are_joined(scene):
    bo = consults(scene)
    scene.desk.floor.twilio.hang_up(scene.other)
    talk(scene, scene.first, bo.sid)
    until(lambda: ("complete", "confirmed") in wishes(scene), "it is in the ledger")
    is_(scene, "talking")


def test_ana_hangs_up_while_bo_rings_and_they_are_joined_when_he_answers(scene):
    scene.desk.floor.behaves(contact(scene), after=5.0)
    _, bo = rings_at_bo(scene)
    scene.desk.floor.twilio.hang_up(scene.other)
    until(lambda: scene.desk.truth(bo.sid)["answered_at"], "Bo answers")
    talk(scene, scene.first, bo.sid)
    is_(scene, "talking")


def test_the_caller_hangs_up_in_the_middle_and_nothing_is_owed(scene):
    bo = consults(scene)
    scene.desk.floor.twilio.hang_up(scene.first)
    is_over(scene, bo.sid, scene.other)
    is_(scene, "ended")
    assert wishes(scene) == [("transfer", "confirmed")]


def test_ana_goes_back_to_the_caller_for_a_moment_and_then_to_bo(scene):
    bo = consults(scene)
    scene.desk.does(scene.call, "swap")
    is_held(scene, bo.sid, True)
    talk(scene, scene.first, scene.other)
    is_(scene, "consulting")
    scene.desk.does(scene.call, "swap")
    is_held(scene, scene.first, True)
    talk(scene, bo.sid, scene.other)
    scene.desk.does(scene.call, "swap")
    scene.desk.does(scene.call, "complete")
    is_over(scene, scene.other)
    talk(scene, scene.first, bo.sid)


def test_ana_hangs_up_while_bo_is_the_one_on_hold(scene):
    bo = consults(scene)
    scene.desk.does(scene.call, "swap")
    scene.desk.floor.twilio.hang_up(scene.other)
    talk(scene, scene.first, bo.sid)


def test_who_got_the_caller_consults_somebody_else(scene):
    bo = consults(scene)
    scene.desk.does(scene.call, "complete")
    is_over(scene, scene.other)
    is_(scene, "talking")
    scene.desk.does(scene.call, "transfer", mode="warm", destination=f"agent-{scene.desk.agents['Cy'].pk}")
    cy = scene.desk.rung(scene.desk.agents["Cy"].contact)
    is_held(scene, scene.first, True)
    talk(scene, bo.sid, cy.sid)
    scene.desk.does(scene.call, "complete")
    is_over(scene, bo.sid)
    talk(scene, scene.first, cy.sid)


def test_a_hold_that_was_no_consultation_is_left_alone(scene):
    bo = consults(scene)
    scene.desk.does(scene.call, "complete")
    is_over(scene, scene.other)
    scene.desk.does(scene.call, "hold")
    answer = scene.desk.wish(scene.call, "cancel")
    assert (answer.status_code, answer.json()["message"]) == (409, "Nobody is being consulted on this call.")
    assert held(scene, scene.first)
    scene.desk.does(scene.call, "resume")
    talk(scene, scene.first, bo.sid)


def test_bo_is_added_and_all_three_talk(scene):
    scene.desk.does(scene.call, "add", destination=scene.desk.bo)
    bo = scene.desk.rung(contact(scene))
    talk(scene, scene.first, scene.other, bo.sid)
    is_(scene, "talking")


def test_whoever_is_busy_is_not_added(scene):
    answer = scene.desk.wish(scene.call, "add", destination=scene.desk.known["busy"])
    action = scene.desk.settled(answer.json()["action"])
    assert (action.code, action.message) == ("target_busy", "Busy tone was busy. Nothing has changed for the others.")
    talk(scene, scene.first, scene.other)
