"""Our server is away for a while, and nobody who waits is lost: the numbers' fallback keeps them on the line, and leads
them back to their place. Over HTTP, against the simulator."""

import pytest

from calls.flows import inbound
from calls.flows.queue import NEXT, PLACE
from calls.models import Call, Queue, Waiting
from tests.control import scenes
from tests.control.floor import Desk, until
from tests.floor.test_queue import over, talks

pytestmark = pytest.mark.floor
DESKS = 4


def kept(desk: Desk) -> set[str]:
    """Who has come to the fallback."""
    return {asked["CallSid"] for asked in desk.floor.theirs.at("/fallback/")}


def in_line(desk: Desk) -> list[str]:
    """Who waits, in order, by our rows."""
    waits = Waiting.objects.filter(queue=desk.queue, left_at=None).order_by("place")
    return list(waits.values_list("call__legs", flat=True))


def test_the_server_is_killed_and_started_again_and_all_who_wait_keep_their_place(floor, desk):
    callers = [desk.waits() for _ in range(8)]
    until(lambda: desk.heard(callers[7], PLACE.format(place=8)), "the last one hears it")
    floor.server.kill()
    until(lambda: kept(desk) >= set(callers), "all of them have asked in vain", within=30)
    floor.server.start()
    heard = {sid: desk.heard(sid, "You are ") for sid in callers}
    until(lambda: all(desk.heard(sid, "You are ") > heard[sid] for sid in callers), "they wait as before", within=60)
    assert in_line(desk) == callers
    assert not any(desk.truth(sid)["over"] for sid in callers)
    assert all(desk.heard(sid, "Hello.") == 1 for sid in callers), "nobody is greeted twice"
    until(lambda: all(desk.sees(sid).status == "waiting" for sid in callers), "and the desk says so", within=30)
    Queue.objects.filter(pk=desk.queue.pk).update(skill="")
    talks(desk, callers[0])
    until(lambda: desk.heard(callers[2], NEXT), "two agents have taken two of them", within=30)


def test_who_phones_while_it_is_away_is_greeted_when_it_is_back(floor, desk):
    floor.server.kill()
    caller = desk.ring(desk.queued)
    until(lambda: caller in kept(desk), "they are asked to stay on the line")
    floor.server.start()
    talks(desk, caller)
    assert desk.heard(caller, "Hello.") == 1


def test_whose_agent_hangs_up_meanwhile_is_said_goodbye(floor, desk):
    scene = scenes.two_in_a_room(desk)
    floor.server.kill()
    desk.floor.rest("POST", f"Conferences/{desk.truth(scene.first)['conference_sid']}", data={"Status": "completed"})
    until(lambda: scene.first in kept(desk), "what comes next is asked for in vain")
    floor.server.start()
    until(lambda: desk.heard(scene.first, inbound.THANKS), "the goodbye", within=30)
    over(desk, scene.first)


def test_in_the_end_nothing_is_open(floor):
    floor.everybody_hangs_up()
    until(lambda: not Call.objects.filter(ended_at=None).exists(), "all calls have ended", within=100)
    assert floor.server.tracebacks() == []
