"""A leg's line, without a telephone."""

import asyncio
import gc
import time

import pytest

from simulator.clock import Clock
from simulator.line import Connect, HangUp, Interrupted, Line, Redirect, Source


def test_what_comes_in_time_is_heard_however_late_the_loop_is():
    async def listen():
        clock = Clock(100)
        line, keys = Line(clock), asyncio.Queue()

        async def press():
            await clock.sleep(1)
            keys.put_nowait("1")

        pressing = asyncio.create_task(press())
        # Somebody else keeps the loop so long that the key and the end of patience come at once.
        asyncio.get_running_loop().call_later(0.001, time.sleep, 0.05)
        heard = await line.hold(keys.get(), seconds=3)
        await pressing
        return heard

    assert asyncio.run(listen()) == "1"


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        (Redirect(Source("a")), Redirect(Source("b")), "second"),
        (HangUp("caller"), Redirect(Source("b")), "first"),
        (Redirect(Source("a")), HangUp("caller"), "second"),
        (Redirect(Source("a")), Connect(None), "first"),
        (HangUp("caller"), Connect(None), "first"),
        (Connect(None), Redirect(Source("b")), "second"),
    ],
)
def test_which_of_two_interruptions_holds(first, second, taken):
    line = Line(Clock())
    line.interrupt(first)
    line.interrupt(second)
    with pytest.raises(Interrupted) as interrupted:
        line.check()
    assert interrupted.value.why is {"first": first, "second": second}[taken]


def test_a_redirect_is_followed_once_and_a_hang_up_stays_true():
    line = Line(Clock())
    line.interrupt(Redirect(Source("a")))
    with pytest.raises(Interrupted):
        line.check()
    line.check()
    line.interrupt(HangUp("caller"))
    for _ in range(2):
        with pytest.raises(Interrupted):
            line.check()


def test_who_hangs_up_in_the_instant_in_which_a_fetch_fails_leaves_nothing_unheard():
    async def hang_up_meanwhile() -> list[dict[str, object]]:
        unheard: list[dict[str, object]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, told: unheard.append(told))
        line = Line(Clock())

        async def fails() -> None:
            line.interrupt(HangUp("caller"))
            raise ValueError("the document cannot be had")

        with pytest.raises(Interrupted):
            await line.hold(fails())
        gc.collect()
        return unheard

    assert asyncio.run(hang_up_meanwhile()) == []
