"""A page comes back and says where it stands: resumed if that can be done whole, else told to reload, once."""

import asyncio
from uuid import UUID

import pytest
from django.db import transaction

from calls.live.hub import hub
from calls.models import Call, publish
from tests.guards import figure
from tests.live.reducer import Board

pytestmark = pytest.mark.asyncio

BAD = {
    "of another epoch": lambda rng, at: {"epoch": f"k{rng.random()}"},
    "of no epoch": lambda rng, at: {"epoch": rng.choice(["", None, 0, [], {}, 1.5])},
    "one ahead of the head": lambda rng, at: {"revision": at["revision"] + 1},
    "far ahead of the head": lambda rng, at: {"revision": rng.choice([2**31, 2**53, 2**63, 2**64, 10**40])},
    "negative": lambda rng, at: {"revision": rng.choice([-1, -at["revision"], -(2**63)])},
    "not a number": lambda rng, at: {"revision": rng.choice([str(at["revision"]), "", None, True, [], {}, 1.0, 1e308])},
    "with other rights": lambda rng, at: {"rights": f"{rng.getrandbits(48):012x}"},
    "with nonsense for rights": lambda rng, at: {"rights": rng.choice(["", None, 0, [], {"a": 1}])},
    "older than the ring": lambda rng, at: {"revision": rng.randrange(hub.mirror.floor)},
}


async def test_a_bad_position_is_one_reload_and_then_a_true_board(here, rng, monkeypatch):
    monkeypatch.setattr("calls.live.mirror.RING", 3)
    session = await here.session(here.people.users[0])
    await here.happens(many=60)
    assert hub.mirror.floor > 0
    for position in list(BAD) * figure(23):
        await here.happens(many=4)
        async with here.on_the_wire(session=session) as socket:
            at = {"epoch": hub.mirror.epoch, "revision": hub.mirror.revision}
            at["rights"] = (await here.picture(session)).headers["X-Desk-Rights"]
            await socket.say(op="sync", **{**at, **BAD[position](rng, at)})
            assert [message["op"] for message in await socket.answers()] == ["reload"], position
            board = await fetched(here, session, socket)
            await here.happens(many=4)
            for message in await socket.answers():
                assert message["op"] == "frame"
                board.hear(message)
            assert board.calls == await now(here, session)


async def fetched(here, session, socket) -> Board:
    response = await here.picture(session)
    board = Board()
    board.start(response.json())
    await socket.say(op="sync", epoch=board.epoch, revision=board.revision, rights=response.headers["X-Desk-Rights"])
    for message in await socket.answers():
        assert message["op"] == "frame"
        board.hear(message)
    return board


async def now(here, session) -> dict:
    board = Board()
    board.start((await here.picture(session)).json())
    return board.calls


async def test_what_ended_merged_or_changed_team_while_the_page_was_away_is_gone_when_it_is_back(here, rng):
    session = await here.session(here.people.users[1])
    for _ in range(figure(60)):
        async with here.on_the_wire(session=session) as socket:
            board = await fetched(here, session, socket)
        await here.happens(here.traffic.begins(), here.traffic.begins())
        await here.happens(here.traffic.are_one(*here.traffic.talks[-2:]), many=6)
        await asyncio.to_thread(here.people.move_a_call)
        for pk in list(board.calls)[:1]:
            await asyncio.to_thread(here.people.hide, UUID(pk))
        await here.is_read()
        async with here.on_the_wire(session=session) as socket:
            rights = (await here.picture(session)).headers["X-Desk-Rights"]
            await socket.say(op="sync", epoch=board.epoch, revision=board.revision, rights=rights)
            for message in await socket.answers():
                assert message["op"] == "frame"
                board.hear(message)
            assert board.calls == await now(here, session)


async def test_a_page_that_another_process_told_more_waits_for_our_tail_and_needs_no_reload(here, monkeypatch):
    """Its revision is ahead of this process's mirror, but not of the board: the tail reads at once."""
    session = await here.session(here.people.users[0])
    rights = (await here.picture(session)).headers["X-Desk-Rights"]
    async with here.on_the_wire(session=session) as socket:
        monkeypatch.setattr("calls.live.hint.publish", lambda revision: None)

        def moved() -> int:
            with transaction.atomic():
                return publish([Call.objects.live().first().pk])

        revision = await asyncio.to_thread(moved)
        await socket.say(op="sync", epoch=hub.mirror.epoch, revision=revision, rights=rights)
        assert await socket.answers() == []
        assert len(hub.desks) == 1 and next(iter(hub.desks)).audience is not None


async def test_sockets_that_hear_at_the_same_time_that_they_are_ahead_share_a_read(here, monkeypatch):
    from calls.live import tail as tail_module

    session = await here.session(here.people.users[0])
    rights = (await here.picture(session)).headers["X-Desk-Rights"]
    reads = []
    true_read = tail_module.read
    async with here.on_the_wire(session=session) as one, here.on_the_wire(session=session) as two:
        monkeypatch.setattr("calls.live.hint.publish", lambda revision: None)
        monkeypatch.setattr(tail_module, "POLL", 60)
        await asyncio.sleep(0.7)

        def moved() -> int:
            with transaction.atomic():
                return publish([Call.objects.live().first().pk])

        revision = await asyncio.to_thread(moved)
        monkeypatch.setattr(tail_module, "read", lambda *at: reads.append(at) or true_read(*at))
        for socket in (one, two):
            await socket.say(op="sync", epoch=hub.mirror.epoch, revision=revision, rights=rights)
        for socket in (one, two):
            assert await socket.answers() == []
        assert len(reads) == 1
