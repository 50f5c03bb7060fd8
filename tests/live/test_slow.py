"""Browsers that read slowly, or not at all: they get little, and then one message that puts them right."""

import asyncio
import gc
import json
from random import Random

import pytest

from calls.live import hub as hub_module
from calls.live.hub import ACK_BYTES, CATCH_UP_BYTES, SILENCE, WINDOW_BYTES, WINDOW_MESSAGES, Hub, hub
from calls.live.mirror import Mirror
from tests.guards import figure
from tests.live.browser import opening
from tests.live.conftest import eventually
from tests.live.floor import AUDIENCES, Clock, Floor, Page, fresh

EVERYTHING = AUDIENCES[5]


def a_hub(calls: int = 5) -> tuple[Hub, Floor]:
    floor, hub = Floor(Random(5)), Hub(Mirror(), Clock())
    for _ in range(calls):
        floor.begin()
    hub.mirror.start("k3fq", floor.revision, floor.cards())
    hub.good_at = hub.clock()
    return hub, floor


def tick(hub: Hub, floor: Floor, changes: int = 1, *kind: str) -> None:
    for _ in range(changes):
        floor.change(*kind)
    hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=hub.mirror.revision)))


def sent(page: Page) -> tuple[int, int]:
    return len(page.waiting), sum(len(text.encode()) for text in page.waiting)


@pytest.mark.parametrize("changes", [1, 30], ids=["many small ones", "large ones"])
def test_who_never_acknowledges_gets_no_more_than_a_window_full(changes):
    hub, floor = a_hub()
    page = Page(hub, EVERYTHING, acks=False).open()
    for _ in range(1_000):
        tick(hub, floor, changes, "begin") if changes > 1 and floor.revision < 600 else tick(hub, floor)
        hub.beat()
    messages, size = sent(page)
    assert messages <= WINDOW_MESSAGES
    assert size <= WINDOW_BYTES + 20 * messages  # the numbers of the messages are not counted
    assert messages == WINDOW_MESSAGES or size > WINDOW_BYTES / 2
    assert page.desk.behind


def test_who_acknowledges_later_gets_one_frame_and_is_right(rng):
    hub, floor = a_hub()
    page, other = Page(hub, EVERYTHING, acks=False).open(), Page(hub, EVERYTHING).open()
    for _ in range(1_000):
        tick(hub, floor)
        other.read()
    page.read()
    assert page.desk.behind and page.board.calls != fresh(floor, EVERYTHING)
    page.acks = True
    hub.acked(page.desk, page.desk.n)
    assert len(page.waiting) == 1 and len(page.waiting[0]) <= CATCH_UP_BYTES + 20
    assert [message["op"] for message in page.read()] == ["frame"]
    assert page.board.calls == other.board.calls == fresh(floor, EVERYTHING)
    tick(hub, floor)
    assert [message["op"] for message in page.read()] == ["frame"]


def test_who_was_busy_for_a_second_hears_what_was_missed_once_the_rest_is_read_and_need_not_look_anew():
    hub, floor = a_hub(calls=600)
    page = Page(hub, EVERYTHING, acks=False).open()
    while not page.desk.behind:
        tick(hub, floor, 40, "late_word")
    tick(hub, floor, 3_000, "late_word")
    unread = 0
    while page.waiting:  # as a browser reads: one by one, and says so every 128 KB
        unread += len(page.waiting[0])
        text, rest = page.waiting[0], page.waiting[1:]
        page.waiting[:] = [text]
        page.read()
        page.waiting[:] = rest + page.waiting
        if unread >= ACK_BYTES:
            hub.acked(page.desk, page.heard[-1]["n"])
            unread = 0
    assert "reload" not in [message["op"] for message in page.heard]
    assert page.board.calls == fresh(floor, EVERYTHING)


def test_a_catch_up_larger_than_256_kib_is_a_reload():
    hub, floor = a_hub()
    page = Page(hub, EVERYTHING, acks=False).open()
    for _ in range(150):
        tick(hub, floor, 20, "begin")
    page.read()
    page.acks = True
    hub.acked(page.desk, page.desk.n)
    assert [message["op"] for message in page.read()] == ["reload"]
    assert page.heard[-1]["why"] == "behind"
    assert page.board.calls == fresh(floor, EVERYTHING)


def test_an_ack_of_a_part_lets_a_desk_on_because_no_other_ack_may_ever_come(monkeypatch):
    """A browser acknowledges when it hears something. Behind a full window it would hear nothing more: neither side may
    wait for the other."""
    monkeypatch.setattr(hub_module, "WINDOW_BYTES", 30_000)
    hub, floor = a_hub()
    page = Page(hub, EVERYTHING, acks=False).open()
    while not page.desk.behind:
        tick(hub, floor, 4, "begin")
    tick(hub, floor, 4, "begin")
    page.read()
    hub.acked(page.desk, page.desk.acked + 1)
    page.acks = True
    assert len(page.waiting) == 1
    page.read()
    assert page.board.calls == fresh(floor, EVERYTHING)


def test_thirty_seconds_without_an_ack_while_something_is_out_is_the_end():
    hub, floor = a_hub()
    silent, repeats, slow, idle = (Page(hub, EVERYTHING, acks=False).open() for _ in range(4))
    hub.acked(idle.desk, idle.desk.n)
    for page in (repeats, slow):
        hub.acked(page.desk, page.desk.n)
    tick(hub, floor)
    hub.acked(idle.desk, idle.desk.n)
    hub._leave_audience(idle.desk)  # hears nothing more, owes nothing
    for second in range(1, int(SILENCE) + 3):
        hub.clock.time += 1
        hub.good_at = hub.clock()
        hub.acked(repeats.desk, repeats.desk.acked)  # the same ack again is no sign of life
        if second % 10 == 0:
            hub.acked(slow.desk, slow.desk.acked + 1)
        hub.beat()
        if second == int(SILENCE):
            assert silent.closed is None
    assert (silent.closed, repeats.closed, slow.closed, idle.closed) == (4408, 4408, None, None)
    assert silent.desk not in hub.desks and silent.desk not in hub.crowd(EVERYTHING).desks


def test_the_silence_begins_with_the_first_message_that_is_out():
    hub, _ = a_hub()
    page = Page(hub, EVERYTHING).open()
    page.read()
    page.acks = False
    hub.clock.time += 3_600
    hub.good_at = hub.clock()
    hub.beat()
    hub.beat()
    assert page.closed is None


# Over real sockets --------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_desks_that_come_and_go_leave_nothing_behind(here, rng):
    session = await here.session(here.people.users[0])
    gc.collect()
    await asyncio.sleep(0.2)
    tasks, crowds = len(asyncio.all_tasks()), None
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    for round_ in range(figure(2_000, least=200) // 8):
        sockets = [await opening(here.url, session) for _ in range(8)]
        for socket in sockets[:6]:
            at = {"epoch": hub.mirror.epoch, "revision": hub.mirror.revision}
            await socket.send(json.dumps({"op": "sync", **at, "rights": next(iter(hub.desks)).rights.digest}))
        if round_ % 5 == 0:
            await here.happens(many=3)
        for socket in sockets:
            if rng.random() < 0.25:
                socket.transport.abort()
            else:
                await socket.close()
        await eventually(lambda: not hub.desks)
        assert not any(crowd.desks for crowd in hub.crowds.values())
        crowds = crowds or len(hub.crowds)
    gc.collect()
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks)
    asyncio.get_running_loop().set_exception_handler(None)
    assert len(hub.crowds) == crowds
    assert complaints == []


def test_while_rights_cannot_be_read_nothing_goes_out_and_afterwards_the_board_is_right():
    """Nobody knows who may see what: better an old desk that says so than a wrong one that looks live."""
    hub, floor = a_hub()
    page = Page(hub, EVERYTHING).open()
    page.read()
    hub.hold_back()
    tick(hub, floor, 3, "begin")
    page.sync()
    hub.beat()
    assert [message["op"] for message in page.read()] == ["stale"]
    hub.held_back = False
    hub.regard(page.desk, page.desk.rights)
    assert [message["op"] for message in page.read()] == ["reload"]
    assert page.board.calls == fresh(floor, EVERYTHING)
