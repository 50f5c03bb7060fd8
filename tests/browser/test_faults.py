"""A script of the desk breaks: the page says which part does not work, the rest goes on, plain forms do its work."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import House
from tests.browser.test_desk import rows
from tests.guards import patience

pytestmark = pytest.mark.asyncio
DESK = Path(__file__).resolve().parents[2] / "static" / "desk"
IMPORTED = re.compile(r"""(?:from |import\()"\./(\w+)\.js\"""")
THROWS = 'throw new Error("broken on purpose");'
LATER = 'addEventListener("pointerdown", () => { throw new Error("broken on purpose"); });'
# One of each way to be missing; all of them with EVERY_MODULE=1, which takes minutes.
SOME = ["desk", "drawer", "choose", "end", "toomuch"]


def modules() -> list[str]:
    """All that the desk loads, however far down."""
    found, todo = set(), ["desk"]
    while todo:
        if (name := todo.pop()) not in found:
            found.add(name)
            todo += IMPORTED.findall((DESK / f"{name}.js").read_text())
    return sorted(found)


async def breaks(page: Page, module: str, how: str) -> None:
    async def answer(route: Route) -> None:
        body = (DESK / f"{module}.js").read_text() + (THROWS if how == "load" else LATER)
        await route.fulfill(body=body, content_type="text/javascript")

    await page.unroute_all()
    await page.route(f"**/desk/{module}.js", answer)
    await page.goto(page.url)


def forgive(enter) -> None:
    assert any("broken on purpose" in each for each in enter.complaints)
    enter.complaints[:] = [each for each in enter.complaints if "broken on purpose" not in each]


async def test_whatever_breaks_is_told_and_the_list_goes_on_without_it(enter, house: House):
    page = await enter("alice")
    house.call_in()
    fault, what = page.locator("#fault"), page.locator("#fault-what")
    for module in modules() if os.environ.get("EVERY_MODULE") else SOME:
        await breaks(page, module, "load")
        await expect(fault, module).to_be_visible()
        await expect(fault.get_by_role("link", name="Live calls, without script")).to_have_attribute("href", "/calls/")
        if "the live list" not in (await what.text_content() or ""):
            await expect(rows(page), module).to_have_count(1)
            await expect(page.locator("#conn-word")).to_have_text("Live")
    for module in modules() if os.environ.get("EVERY_MODULE") else ["toomuch"]:
        await breaks(page, module, "handler")
        await expect(rows(page), module).to_have_count(1)
        await expect(fault).to_be_hidden()
        await page.mouse.click(700, 500)
        await expect(fault, module).to_be_visible()
        await expect(rows(page).locator(".c-state")).to_contain_text("In call")
    forgive(enter)


async def test_without_its_dialogs_and_its_list_the_desk_leads_to_plain_forms_that_work(enter, house: House):
    page = await enter("alice")
    sid = house.call_in()["sid"]
    await expect(rows(page).locator(".c-state")).to_contain_text("In call")

    # Without what dialogs are made of, a key leads to the form of what it does.
    await breaks(page, "pop", "load")
    await expect(page.locator("#fault-what")).to_have_text("A part of this page does not work: the dialogs of actions.")
    await expect(rows(page)).to_have_count(1)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    announce = page.locator("#verb-announce")
    await expect(announce).to_be_visible()
    await expect(announce).not_to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("n")
    await expect(page).to_have_url(re.compile(r"/calls/[0-9a-f-]+/announce/$"))

    # Without the drawer a press on a row opens the call's page.
    await page.goto(house.address + "/")
    await breaks(page, "timeline", "load")
    await rows(page).click()
    await expect(page).to_have_url(re.compile(r"/calls/[0-9a-f-]+/$"))

    # Without the list there is one that needs no script, and a call is ended by its forms.
    await page.goto(house.address + "/")
    await breaks(page, "stream", "load")
    await expect(page.locator("#fault-what")).to_contain_text("the live list")
    await page.get_by_role("link", name="Live calls, without script").first.click()
    await page.locator("main .places a").click()
    await page.get_by_role("link", name="End…").click()
    await page.get_by_role("button", name=re.compile("^End")).click()
    await expect(page).to_have_url(re.compile(r"/calls/[0-9a-f-]+/(\?.*)?$"), timeout=patience(20) * 1000)
    while not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]:
        await page.wait_for_timeout(100)
    forgive(enter)
