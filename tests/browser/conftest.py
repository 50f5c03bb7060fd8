"""Everything in this folder is lane C: the system's Chromium, looking at the house as `make demo` runs it."""

import itertools
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import requests
from playwright.async_api import Browser, Page, expect

from calls.management.commands.demo import Demo, send
from tests import chromium
from tests.guards import patience
from tests.services import free_port

expect.set_options(timeout=patience(10) * 1000)
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "img"


AS_THEY_COME = (
    "UPDATE calls_preferences SET theme = '', contrast = '', motion = '', time_zone = '', language = '', keys = '{}', "
    "keys_off = 0"
)
TOURS = bool(os.environ.get("SCREENSHOTS"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.lane_c)
    # The whole tour takes minutes: `make screenshots` and nobody else goes on it.
    items[:] = [item for item in items if TOURS or not item.get_closest_marker("tour")]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": chromium.path(), "args": chromium.SWITCHES}


class House:
    """The desk and the simulated Twilio, each a program of its own; nobody calls unless a test lets them."""

    def __init__(self) -> None:
        self.demo = Demo(port=free_port(), simulator_port=free_port())
        self.http = requests.Session()
        self.http.trust_env = False
        self.keeps_pictures = TOURS
        self.callers = (f"+1415555{n:04d}" for n in itertools.count(1000))

    @property
    def address(self) -> str:
        return self.demo.desk

    def twilio(self, path: str, **body: Any) -> Any:
        answer = self.http.post(self.demo.twilio + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def live(self) -> int:
        return int(self.http.get(self.demo.twilio + "/sim/health", timeout=10).json()["live"])

    def on_the_desk(self) -> int:
        """Calls that the desk shows; Twilio's callbacks may not have come yet."""
        with closing(sqlite3.connect(self.demo.folder / "livedesk.sqlite3", timeout=5)) as database:
            live = "SELECT COUNT(*) FROM calls_call WHERE ended_at IS NULL AND merged_into_id IS NULL"
            return int(database.execute(live).fetchone()[0])

    def truth(self) -> list[dict[str, Any]]:
        return self.http.get(self.demo.twilio + "/sim/truth", timeout=10).json()["calls"]

    def asked(self) -> int:
        """How many wishes the desk has sent to Twilio; that it looks how the calls are is none."""
        asked = self.http.get(self.demo.twilio + "/sim/asked", timeout=10).json()["asked"]
        return sum(request["method"] == "POST" for request in asked)

    def elsewhere(self, path: str, **form: str) -> Any:
        """What another program of the account changes at Twilio; without a form: what it reads there."""
        url = f"{self.demo.twilio}/2010-04-01/Accounts/{self.demo.account}/{path}.json"
        answer = self.http.request(
            "POST" if form else "GET", url, data=form, auth=(self.demo.account, self.demo.token), timeout=10
        )
        answer.raise_for_status()
        return answer.json()

    def quiet(self) -> None:
        """Nobody calls, callbacks come at once, agents answer after two seconds and talk until somebody ends it."""
        self.twilio("/sim/traffic", calls_per_minute=0.0)
        self.twilio("/sim/faults", callbacks={"late": 0.0, "doubled": 0.0, "reordered": 0.0, "lost": 0.0}, rest=[])
        # Hung up, not reset: calls that were taken away would stay on the desk for ever, and SIDs would come again.
        for leg in self.truth():
            if not leg["over"] and leg["parent_sid"] is None:
                self.twilio(f"/sim/calls/{leg['sid']}/hangup")
        until = time.monotonic() + patience(20)
        while (self.live() or self.on_the_desk()) and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1)  # the last callbacks
        tell(self, "DELETE FROM calls_savedview", AS_THEY_COME)  # what others kept, or chose
        habits = {"busy": 0.0, "no_answer": 0.0, "rejects": 0.0, "gives_up": 0.0, "answer_seconds": [2.0, 2.0]}
        talks = {"callee_talk_seconds": [600.0, 600.0], "caller_talk_seconds": [600.0, 600.0]}
        self.twilio("/sim/behaviour", habits=habits | talks)

    def call_in(self, line: str = "Billing hotline") -> dict[str, Any]:
        """Somebody reaches one of the lines. Returns the simulator's view of the call."""
        number = next(each["address"] for each in self.demo.seed["lines"] if each["name"] == line)
        return self.twilio("/sim/calls", **{"from": next(self.callers), "to": number})

    def falls_over(self) -> None:
        """The desk's program is killed; `house.demo.serve()` brings it back."""
        send(self.demo.children["desk"], signal.SIGKILL)
        self.demo.children["desk"].wait()

    def password(self, username: str) -> str:
        return next(each["password"] for each in self.demo.seed["sign_ins"] if each["username"] == username)


def tell(house: House, *statements: str) -> None:
    """Changes the rows of a desk that runs: for what would take hours, or a clock of one's own."""
    with closing(sqlite3.connect(house.demo.folder / "livedesk.sqlite3", timeout=5)) as database, database:
        for statement in statements:
            database.execute(statement)


@pytest.fixture(scope="session")
def whole_house() -> Iterator[House]:
    house = House()
    house.demo.start()
    yield house
    house.demo.stop()
    shutil.rmtree(house.demo.folder, ignore_errors=True)


@pytest.fixture
def house(whole_house: House) -> House:
    whole_house.quiet()
    return whole_house


async def decline(page: Page) -> None:
    """The tour is offered to everybody once, and would stand in every picture."""
    await page.wait_for_load_state()
    if await page.locator("#tour").is_visible():
        await page.click("#tour-skip")
        await expect(page.locator("#tour")).to_be_hidden()


@pytest_asyncio.fixture
async def enter(browser: Browser, house: House) -> AsyncIterator[Any]:
    """`page = await enter("ben")`: a browser of its own, signed in by the page. A complaint in its console fails."""
    contexts, complaints = [], []

    async def sign_in(username: str, *, tour: bool = False, **options: Any) -> Page:
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, **options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(patience(10) * 1000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(house.address + "/")
        await page.fill("input[name=username]", username)
        await page.fill("input[name=password]", house.password(username))
        await page.press("input[name=password]", "Enter")
        await expect(page).to_have_url(house.address + "/")
        if not tour:
            await decline(page)
        return page

    sign_in.complaints = complaints  # type: ignore[attr-defined]
    yield sign_in
    for context in contexts:
        await context.close()
    assert complaints == []
