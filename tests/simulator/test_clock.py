"""Simulated time: appointments in their order, and a virtual clock on which waiting costs nothing."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from simulator.clock import VIRTUAL_START, Clock, VirtualClock, clock_for


def run(clock, life):
    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        return runner.run(life)


@pytest.mark.parametrize("clock", [Clock(10_000), VirtualClock()], ids=["ten thousand times as fast", "virtual"])
def test_appointments_are_kept_by_time_and_those_for_one_moment_in_turn(clock):
    kept = []

    async def make():
        for name, seconds in (("c", 30), ("a", 10), ("d", 30), ("b", 20), ("cancelled", 15), ("at once", -1)):
            timer = clock.later(seconds, kept.append, name)
            if name == "cancelled":
                timer.cancel()
        await clock.sleep(40)

    run(clock, make())
    assert kept == ["at once", "a", "b", "c", "d"]


def test_a_virtual_week_takes_no_time_and_is_exact():
    clock = VirtualClock()

    async def wait():
        for _ in range(7):
            await clock.sleep(24 * 3600)
        return clock.now()

    began = time.monotonic()
    assert run(clock, wait()) == VIRTUAL_START + timedelta(days=7)
    assert time.monotonic() - began < 60


def test_the_next_appointment_waits_until_all_that_came_of_the_one_before_is_done():
    clock, seen = VirtualClock(), []

    async def long_winded():
        await clock.sleep(1)
        for _ in range(50):
            await asyncio.sleep(0)
        seen.append(clock.now())

    async def both():
        await asyncio.gather(long_winded(), clock.sleep(1.000001))

    run(clock, both())
    assert seen == [VIRTUAL_START + timedelta(seconds=1)]


def test_the_clock_stands_still_while_the_application_thinks_and_it_is_asked_one_question_at_a_time():
    clock, told = VirtualClock(), []

    async def ask(name, real_seconds):
        async with clock.still():
            told.append(f"{name}?")
            await asyncio.sleep(real_seconds)
        told.append(f"{name} at {clock.now() - VIRTUAL_START}")

    async def everybody():
        clock.later(0.001, told.append, "later")
        await asyncio.gather(ask("slow", 0.05), ask("quick", 0))

    run(clock, everybody())
    assert told == ["slow?", "slow at 0:00:00", "quick?", "quick at 0:00:00"]


def test_what_is_cancelled_does_not_pile_up():
    clock = VirtualClock()

    async def make():
        kept = clock.later(1, print)
        for _ in range(10_000):
            clock.later(14_400, print).cancel()
        kept.cancel()

    run(clock, make())
    assert len(clock._timers) < 200


def test_a_virtual_run_begins_on_the_same_day_each_time_unless_told_otherwise():
    assert clock_for(float("inf")).now() == clock_for(float("inf")).now() == VIRTUAL_START
    start = datetime(2030, 2, 3, 4, 5)
    assert clock_for(float("inf"), start).now() == start.replace(tzinfo=UTC)
    assert timedelta() <= clock_for(1, start).now() - start.replace(tzinfo=UTC) < timedelta(minutes=1)
    assert abs(clock_for(1).now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_who_sleeps_for_the_rest_of_a_time_comes_to_its_end():
    clock = VirtualClock()

    async def wait(seconds):
        began = clock.now()
        while (left := seconds - (clock.now() - began).total_seconds()) > 0:
            await clock.sleep(left)

    for seconds in (1 / 3, 8.1234560005, 1e-9):
        run(clock, asyncio.wait_for(wait(seconds), 10))
