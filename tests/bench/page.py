"""A desk in Chromium before 2,000 calls that change: how smooth it is for who looks, and what it keeps in memory."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests import chromium
from tests.bench.desks import here
from tests.bench.measures import percentile
from tests.bench.stage import Server, Stage

PICTURE = 1000 / 60  # ms
NOTICED = """() => {
  const seen = { frames: [], delays: [] }, began = performance.now();
  const frame = (at) => { seen.frames.push(at); globalThis.seen === seen && requestAnimationFrame(frame); };
  const delay = (event) => event.timeStamp > began && seen.delays.push(performance.now() - event.timeStamp);
  globalThis.seen ?? ["keydown", "wheel"].map((name) => addEventListener(name, (event) => globalThis.delayed(event),
    { capture: true, passive: true }));
  Object.assign(globalThis, { seen, delayed: delay });
  requestAnimationFrame(frame);
}"""


class Felt(NamedTuple):
    dropped: float  # share of the pictures that were due
    delay: float  # seconds from a key or a turn of the wheel to where the page hears of it, p95


class Memory(NamedTuple):
    heap: int
    nodes: int
    listeners: int


class Desk:
    """One page, open and live."""

    def __init__(self, server: Server, page: Page, inside: CDPSession) -> None:
        self.server, self.page, self.inside = server, page, inside

    @contextmanager
    def changes(self, rate: float, seconds: float) -> Iterator[None]:
        """So many a second, of all kinds, meanwhile."""
        url = f"http://127.0.0.1:{self.server.port}/feed/?rate={rate}&seconds={seconds}&life=1"
        feeding = threading.Thread(target=lambda: here.open(url, timeout=2 * seconds + 60).close())
        if rate:
            feeding.start()
        yield
        if rate:
            feeding.join()

    def felt(self, *, rate: float, seconds: float, scrolled: bool = False) -> Felt:
        """By who goes down the list, by key (five rows a second) or by the wheel (twenty turns a second)."""
        with self.changes(rate, seconds + 2):
            time.sleep(1)  # what was before is over
            self.page.evaluate("() => { document.querySelector('#grid').scrollTop = 0; }")
            self.page.mouse.move(700, 400)
            self.page.evaluate(NOTICED)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                if scrolled:
                    turn = {"type": "mouseWheel", "x": 700, "y": 400, "deltaX": 0, "deltaY": 120}
                    self.inside.send("Input.dispatchMouseEvent", turn)
                else:
                    self.page.keyboard.press("j")
                time.sleep(0.05 if scrolled else 0.2)
            seen = self.page.evaluate("seen")
        gaps = [later - sooner for sooner, later in zip(seen["frames"], seen["frames"][1:], strict=False)]
        late = sum(max(0, round(gap / PICTURE) - 1) for gap in gaps)
        return Felt(late / (late + len(gaps)), percentile(seen["delays"], 0.95) / 1000)

    def memory(self) -> Memory:
        """What is left when all that can go is gone."""
        for _ in range(2):  # what the first one finishes, the second one finds
            self.inside.send("HeapProfiler.collectGarbage")
        counts = self.inside.send("Memory.getDOMCounters")
        heap = self.inside.send("Runtime.getHeapUsage")["usedSize"]
        return Memory(int(heap), counts["nodes"], counts["jsEventListeners"])


@contextmanager
def open_desk(stage: Stage) -> Iterator[Desk]:
    with stage.server("our fan-out", "sqlite") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.SWITCHES)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        address = f"http://127.0.0.1:{server.port}"
        context.add_cookies([{"name": "sessionid", "value": server.sessions[0], "url": address}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(address)
        page.locator("#conn[data-state=live]").wait_for()
        page.locator("[data-call]").first.wait_for()
        yield Desk(server, page, inside(page))
        browser.close()


def inside(page: Page) -> Any:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    return session
