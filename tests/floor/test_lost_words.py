"""What a room says of who comes and goes is lost for good, and nobody is: over HTTP, against the simulator."""

from collections.abc import Iterator

import pytest

from calls.models import Presence, Waiting
from tests.control import scenes
from tests.control.floor import Desk, Floor, until
from tests.floor.test_queue import talks

pytestmark = pytest.mark.load
DESKS = 6
ROOMS = "*/twilio/conference/*"


@pytest.fixture
def desk(floor: Floor, desks: Iterator[Desk]) -> Iterator[Desk]:
    yield next(desks)
    floor.twilio.post("/sim/faults")


def loses(desk: Desk, *rules: dict[str, object]) -> None:
    """From now on these callbacks never come."""
    desk.floor.twilio.post("/sim/faults", callbacks={"rules": [{"what": "lost", **rule} for rule in rules]})


def seat(sid: str) -> Presence | None:
    return Presence.objects.filter(leg=sid, present=True, room__name__startswith="call-").first()


def test_a_caller_of_whom_nobody_said_that_they_came_in_is_served_all_the_same(desk):
    loses(desk, {"event": "participant-join", "times": 1})
    caller = desk.ring(desk.queued)
    until(Waiting.objects.filter(call__legs=caller).exists, "they are in the queue")
    assert seat(caller) is None
    talks(desk, caller)


def test_nobody_says_anything_of_the_room_and_both_are_seen_in_it(desk):
    loses(desk, {"url": ROOMS})
    caller = desk.ring(desk.queued)
    until(lambda: seat(caller), "the caller is seen", within=40)
    talks(desk, caller)
    ana = desk.rung(desk.agents["Ana"].contact)
    until(lambda: seat(ana.sid), "the agent is seen", within=40)
    desk.floor.twilio.post("/sim/faults")
    desk.does(desk.sees(caller), "hold")


def test_who_is_in_a_new_room_has_left_the_old_one(desk):
    """The end of the first room is lost, and that they left it."""
    desk.queue.when_agent_leaves = "front"
    desk.queue.save()
    scene = scenes.two_in_a_room(desk)
    old = seat(scene.first)
    loses(desk, {"event": "participant-leave"}, {"event": "conference-end"})
    desk.floor.twilio.hang_up(scene.other)
    there = Presence.objects.filter(leg=scene.first, present=True)
    until(there.exclude(room=old.room).exists, "they wait in a new room", within=30)
    assert there.count() == 1


def test_two_are_moved_into_a_room_that_says_nothing_and_the_wish_comes_true(desk):
    scene = scenes.talking(desk)
    loses(desk, {"url": ROOMS})
    answer = desk.wish(scene.call, "hold")
    assert answer.status_code == 202, answer.text
    action = desk.settled(answer.json()["action"], within=90)
    assert (action.state, action.message) == ("confirmed", "")


def test_in_the_end_nothing_is_open(floor):
    floor.everybody_hangs_up()
    until(lambda: not Waiting.objects.filter(left_at=None).exists(), "nobody waits")
    assert floor.server.tracebacks() == []
