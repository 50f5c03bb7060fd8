"""Alice at the page of a queue: five wait, all of them hear something, and are ended, their number typed."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import House
from tests.browser.test_wishes import LONG
from tests.guards import patience

pytestmark = pytest.mark.asyncio
QUEUE, LINE = "Service in French", "Service line, French"
WORDS = "We will be with you soon."


def everybody_is_away(house: House) -> None:
    """Until the next test: those who are busy would be rung again and again, and be on their way to somebody."""
    with closing(sqlite3.connect(house.demo.folder / "livedesk.sqlite3", timeout=5)) as database, database:
        database.execute("UPDATE calls_agent SET state = 'away', chosen = 'away' WHERE skills <> ''")


@pytest.fixture(autouse=True)
def and_back_again(house: House) -> Iterator[None]:
    yield
    with closing(sqlite3.connect(house.demo.folder / "livedesk.sqlite3", timeout=5)) as database, database:
        database.execute("UPDATE calls_agent SET state = 'available', chosen = '' WHERE skills <> ''")


async def some_wait(page: Page, house: House, many: int) -> list[str]:
    """Everybody who could take them is away; Alice looks at the queue."""
    everybody_is_away(house)
    sids = [str(house.call_in(LINE)["sid"]) for _ in range(many)]
    await page.goto(house.address + "/queues/")
    line = page.locator("li", has_text=QUEUE)
    until = time.monotonic() + patience(30)
    while f"{many} waiting" not in (await line.text_content() or "") and time.monotonic() < until:
        await page.reload()
    await line.get_by_role("link").click()
    await expect(page.locator(".places").first.locator("li")).to_have_count(many)
    return sids


def heard(house: House, sid: str) -> int:
    (leg,) = (leg for leg in house.truth() if leg["sid"] == sid)
    return sum(WORDS in (said["text"] or "") for said in leg["heard"])


async def test_five_who_wait_hear_an_announcement_and_its_page_tells_by_itself(enter, house: House):
    page = await enter("alice")
    sids = await some_wait(page, house, 5)
    form = page.locator("form.all", has_text="Announce to all")
    await form.get_by_label("Or a text").fill(WORDS)
    await form.get_by_label("How many calls is it about?").fill("5")
    await form.get_by_role("button", name="Announce to all").click()
    await expect(page).to_have_url(re.compile(r"/bulk/[0-9a-f-]{36}/$"))
    await page.evaluate("document.body.dataset.loaded = 'once'")
    await expect(page.locator("#done")).to_have_text("5", timeout=LONG)
    await expect(page.locator("#sentence")).to_have_text("It is over.")
    assert await page.evaluate("document.body.dataset.loaded") == "once", "nobody has loaded it again"
    assert [heard(house, sid) for sid in sids] == [1] * 5


async def test_all_are_ended_if_their_number_is_typed_right_and_it_can_be_stopped(enter, house: House):
    page = await enter("alice")
    sids = await some_wait(page, house, 8)
    form = page.locator("form.all", has_text="End all")
    await form.get_by_label("How many calls is it about?").fill("7")
    await form.get_by_role("button", name="End all").click()
    await expect(page.locator("main")).to_contain_text(f"8 calls wait in {QUEUE} now, and you typed 7.")
    await form.get_by_label("How many calls is it about?").fill("8")
    await form.get_by_role("button", name="End all").click()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("#sentence")).to_contain_text("Stopped by Alice")
    await expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    ended = [leg["sid"] for leg in house.truth() if leg["over"] and leg["sid"] in sids]
    assert len(ended) < 8
