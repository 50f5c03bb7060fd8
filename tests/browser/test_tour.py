"""A tour through the desk: no state has a fault for those who cannot see. `make screenshots` keeps pictures."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from calls.management.commands.demo import SCENARIO
from tests.browser.conftest import PICTURES, House, decline
from tests.browser.test_desk import SIZES, rows
from tests.browser.tour_pages import STATES, WHO
from tests.guards import patience
from tests.services import ROOT

pytestmark = pytest.mark.asyncio
FOLDER = Path(os.environ.get("PICTURES") or ROOT / "var" / "screenshots")
README = {
    "drawer-1440-light": "desk",
    "transfer-1440-light": "transfer",
    "floor-1440-dark": "dark",
    "wallboard-1440-dark": "wallboard",
}
# Django names the search of its lists by a picture with words, which axe takes for no name.
DJANGO = {"rules": {"label-title-only": {"enabled": False}}}
# What is open for the longest, and no other test looks at; all of it is looked at by `make screenshots`.
SAMPLE = ["floor", "filter-open", "palette", "help-sheet", "reconnecting", "wallboard", "preferences"]


async def look(page: Page, name: str, house: House, sizes: dict[str, tuple[int, int]] = SIZES) -> list[str]:
    """What is wrong with it, at every size, light and dark; where pictures are wanted one of each is kept."""
    faults = []
    for size, (width, height) in sizes.items():
        await page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            what = f"{name}-{size}-{theme}"
            if house.keeps_pictures:
                await page.wait_for_timeout(250)  # what follows the size is drawn by then
                await page.screenshot(path=FOLDER / f"{what}.png", animations="disabled")
                if what in README:
                    await keep(page, README[what])
            wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0 and not name.startswith("admin"):  # Django's own pages scroll
                faults.append(f"{what}: {wide} px wider than the window")
            found = await Axe().run(page, options=DJANGO if name.startswith("admin") else None)
            if found.violations_count:
                faults.append(f"{what}: {found.generate_report()}")
    return faults


async def keep(page: Page, name: str) -> None:
    """Without loss, and in half the room of a PNG."""
    session = await page.context.new_cdp_session(page)
    taken = await session.send("Page.captureScreenshot", {"format": "webp", "quality": 100})
    (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))
    await session.detach()


async def test_what_alice_has_open_all_day_has_no_fault_for_those_who_cannot_see(enter, house: House):
    for line in ("Billing hotline", "Service line", "Payments"):
        house.call_in(line)
    page, faults = await enter("alice", reduced_motion="reduce"), []
    await expect(rows(page, "In call")).to_have_count(3, timeout=patience(20) * 1000)
    for name in SAMPLE:
        async with STATES[name](page, house):
            faults += await look(page, name, house, {"1440": SIZES["1440"]})
        await page.unroute_all()
    enter.complaints.clear()  # of lines that were cut
    assert not faults, "\n".join(faults)


# The whole of it ------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module")
async def at_work(whole_house: House) -> House:
    """A floor as `make demo` has it after a while."""
    whole_house.quiet()
    whole_house.demo.play(str(SCENARIO))
    await asyncio.sleep(90)
    return whole_house


@pytest_asyncio.fixture
async def visit(browser: Browser, whole_house: House) -> AsyncIterator[Any]:
    """`page = await visit("ben")`: signed in, on a floor that is left as it is."""
    contexts = []

    async def begin(username: str) -> Page:
        contexts.append(await browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce"))
        page = await contexts[-1].new_page()
        page.set_default_timeout(patience(20) * 1000)
        if username != "nobody":
            await page.goto(whole_house.address + "/")
            await page.fill("input[name=username]", username)
            await page.fill("input[name=password]", whole_house.password(username))
            await page.press("input[name=password]", "Enter")
            await page.wait_for_url(lambda url: "/sign-in/" not in url)
            await decline(page)
        return page

    yield begin
    for context in contexts:
        await context.close()


@pytest.mark.tour
async def test_an_empty_floor(visit, whole_house: House):
    whole_house.quiet()
    page = await visit("alice")
    await expect(page.get_by_text("The floor is quiet")).to_be_visible(timeout=patience(20) * 1000)
    assert not (faults := await look(page, "empty", whole_house)), "\n".join(faults)


@pytest.mark.tour
@pytest.mark.parametrize("name", STATES)
async def test_the_tour(visit, at_work: House, name: str):
    page = await visit(WHO.get(name, "alice"))
    async with STATES[name](page, at_work):
        faults = await look(page, name, at_work)
    assert not faults, "\n".join(faults)
