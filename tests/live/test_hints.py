"""Hints may be lost, doubled and swapped: they make desks fast, never right."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from channels.layers import get_channel_layer
from django.conf import settings as django_settings

from calls.intake.record import record
from calls.live import hint
from calls.live.hub import Hub
from calls.live.mirror import Mirror
from calls.live.tail import POLL, Tail, read
from calls.models import Board, Line, Team
from tests.guards import figure, patience
from tests.live.conftest import eventually
from tests.live.floor import Page
from tests.live.traffic import Traffic

pytestmark = [pytest.mark.asyncio, pytest.mark.lane_b]
WEATHER = {
    "all is well": {},
    "all is lost": {"loss": 1.0},
    "some are lost, swapped and said twice": {"loss": 0.3, "repeats": 0.3, "swaps": 0.3},
}
NUMBER = "+15550100100"


@contextlib.asynccontextmanager
async def process(*, own_hints: bool) -> AsyncIterator[tuple[Tail, list[Page]]]:
    """A tail, a hub and two desks. Without `own_hints` it is a process that writes nothing: it has only the layer."""
    tail = Tail(Hub(Mirror()))
    tail.look_at_rights = nobody_looks  # these desks have no session
    await tail.ensure_started()
    if not own_hints:
        tail._stop_listening()
    team = await asyncio.to_thread(Team.objects.get)
    audiences = [frozenset({(team.pk, False)}), frozenset({(team.pk, True), (None, True)})]
    pages = [Page(tail.hub, audience).open() for audience in audiences]
    yield tail, pages
    await tail.stop()


async def nobody_looks() -> None: ...


def from_a_plain_thread(work) -> None:
    """Not the loop's, not an executor's: as the reconciler and the timers are."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("weather", WEATHER)
async def test_boards_are_at_the_database_two_seconds_after_the_last_commit(rows, rng, settings, weather):
    inner = django_settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "tests.lossy.LossyLayer",
            "CONFIG": {"inner": (inner["BACKEND"], inner.get("CONFIG", {})), "seed": rng.random(), **WEATHER[weather]},
        }
    }
    await asyncio.to_thread(a_team_with_a_line)
    traffic = Traffic(rng, [NUMBER], at_once=10)
    async with process(own_hints=True) as (writes, near), process(own_hints=False) as (reads, far):
        waits = []
        for _ in range(figure(30)):
            for _ in range(10):
                said = [traffic.next().arriving(datetime.now(UTC)) for _ in range(4)]
                await asyncio.to_thread(from_a_plain_thread, lambda said=said: record(said))
                await asyncio.sleep(rng.random() * 0.02)
            committed = time.monotonic()
            board = await asyncio.to_thread(Board.objects.get)
            for tail in (writes, reads):
                await eventually(lambda tail=tail, board=board: tail.hub.mirror.revision == board.revision, 2.0)
                waits.append(time.monotonic() - committed)
            now = await asyncio.to_thread(read, "", 0)
            anew = Hub(Mirror())
            anew.mirror.start(now.epoch, now.revision, now.cards)
            for page in near + far:
                page.read()
                assert page.board.calls == Page(anew, page.desk.rights.audience).open().board.calls
        layer = get_channel_layer()
        assert layer.given > 0 and (layer.passed == 0) == (weather == "all is lost")


async def test_a_hint_wakes_an_idle_loop_at_once_from_any_thread(rows, rng, monkeypatch):
    """Nothing else wakes the loop here: neither the next look at the board, nor the end of the thread, nor the test."""
    monkeypatch.setattr("calls.live.tail.POLL", 30)
    monkeypatch.setattr("calls.live.tail.HEARTBEAT", 30)
    await asyncio.to_thread(a_team_with_a_line)
    traffic = Traffic(rng, [NUMBER])
    async with process(own_hints=True) as (writes, _), process(own_hints=False) as (reads, _):
        await asyncio.sleep(2 * POLL)
        committed, told = [], {writes: [], reads: []}
        for tail, moments in told.items():
            tail.hub.tell = lambda moved, moments=moments: moments.append(time.monotonic())

        def call_in() -> None:
            record([traffic.begins().arriving(datetime.now(UTC))])
            committed.append(time.monotonic())

        for _ in range(3):
            threading.Timer(0.1, call_in).start()
            await asyncio.sleep(1)
        assert len(committed) == 3
        for moments in told.values():
            waits = [heard - done for heard, done in zip(moments, committed, strict=True)]
            assert sorted(waits)[1] < patience(0.3), waits


async def test_a_layer_that_hangs_gathers_no_tasks_and_keeps_nobody_waiting(rows, rng, monkeypatch):
    await asyncio.to_thread(a_team_with_a_line)
    traffic = Traffic(rng, [NUMBER])
    never = asyncio.Event()

    async def hangs(*sent):
        await never.wait()

    async with process(own_hints=True) as (tail, pages):
        monkeypatch.setattr(get_channel_layer(), "group_send", hangs, raising=False)
        tasks = len(asyncio.all_tasks())
        for _ in range(50):
            await asyncio.to_thread(record, [traffic.begins().arriving(datetime.now(UTC))])
        await eventually(lambda: tail.hub.mirror.revision == 50, 1)
        assert len(asyncio.all_tasks()) <= tasks + 1
        never.set()


async def test_a_layer_that_raises_harms_no_commit(rows, rng, monkeypatch):
    await asyncio.to_thread(a_team_with_a_line)
    traffic = Traffic(rng, [NUMBER])

    async def raises(*sent):
        raise ConnectionError("Redis is away")

    async with process(own_hints=True) as (tail, pages):
        monkeypatch.setattr(get_channel_layer(), "group_send", raises, raising=False)
        for _ in range(5):
            await asyncio.to_thread(record, [traffic.begins().arriving(datetime.now(UTC))])
        await eventually(lambda: tail.hub.mirror.revision == 5, 1)


async def test_a_tail_that_stops_leaves_no_group_and_no_listener(rows):
    await asyncio.to_thread(a_team_with_a_line)
    layer, listeners = get_channel_layer(), len(hint._listeners)
    for _ in range(3):
        async with process(own_hints=True):
            assert len(hint._listeners) == listeners + 1
    assert len(hint._listeners) == listeners
    assert not getattr(layer, "groups", {}).get(hint.GROUP)


def a_team_with_a_line() -> None:
    Line.objects.create(address=NUMBER, name="Hotline", team=Team.objects.create(name="Billing"))


async def test_who_asked_first_may_go_away_and_the_others_are_served(rows):
    """A browser that leaves during the very first read must not leave a tail that never begins."""
    tail = Tail(Hub(Mirror()))
    first = asyncio.create_task(tail.ensure_started())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(tail.ensure_started(), 5)
    assert tail.hub.live
    await tail.stop()
