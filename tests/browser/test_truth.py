"""What the desk shows is true, or it says that it is not: off the line, on a wrong clock, in two tabs, signed out."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import House, tell
from tests.browser.test_desk import rows
from tests.guards import SOAK, figure, patience

pytestmark = pytest.mark.asyncio
AN_HOUR_AHEAD = "const { now } = Date; Date.now = () => now() + 3600000;"
SAME = """async () => {
  const { calls } = await (await fetch("/desk/board/", { cache: "no-store" })).json();
  const told = new Set(calls.map(({ id }) => id));
  const rows = [...document.querySelectorAll(".row:not(.s-ended)[data-call]")];
  const shown = rows.map((row) => row.dataset.call);
  return shown.length === told.size && shown.every((id) => told.has(id));
}"""


NOBODY_THERE = re.compile("net::ERR_|WebSocket connection")
LIVE = ".row:not(.s-ended)[data-call]"
HEARTBEAT = 2.0  # seconds; after two and a half of them without a word a desk is stale
GROUP = (
    "UPDATE calls_membership SET group_id = (SELECT id FROM auth_group WHERE name = '{}')"
    " WHERE user_id = (SELECT id FROM auth_user WHERE username = 'ben')"
)
BILLING = (
    "UPDATE calls_membership SET user_id = -user_id"
    " WHERE abs(user_id) = (SELECT id FROM auth_user WHERE username = 'ben')"
)


async def is_old(page: Page) -> None:
    await expect(page.locator("html")).to_have_class("is-stale", timeout=patience(2.5 * HEARTBEAT) * 1000)
    await expect(page.locator("#verb-end")).to_have_attribute("aria-disabled", "true")
    await expect(page.locator("#why")).to_contain_text("not current")


async def is_true(page: Page) -> None:
    await expect(page.locator("#conn-word")).to_have_text("Live", timeout=patience(20) * 1000)
    await page.wait_for_function(SAME)
    await expect(page.locator("html")).not_to_have_class("is-stale")


async def test_a_desk_is_exact_or_says_that_it_is_old_and_is_empty_after_signing_out(enter, house: House):
    page = await enter("ben")
    await page.context.add_init_script(AN_HOUR_AHEAD)
    await page.goto(house.address + "/")
    other = await page.context.new_page()
    await other.goto(house.address + "/")
    house.call_in()
    await expect(rows(page).locator(".c-state")).to_contain_text("In call")
    # By the server's clock, whatever this computer's says.
    assert len(await rows(page).locator(".c-total").inner_text()) <= len("9:59")
    await rows(page).click()
    end = page.get_by_role("button", name="End…")
    await expect(end).not_to_have_attribute("aria-disabled", "true")
    await page.mouse.move(5, 5)

    for _ in range(figure(10, least=2)):
        await page.context.set_offline(True)
        await is_old(page)
        stays, goes = house.call_in()["sid"], house.call_in()["sid"]
        house.twilio(f"/sim/calls/{goes}/hangup")
        await page.context.set_offline(False)
        for tab in (page, other):
            await expect(rows(tab)).not_to_have_count(1)
            await is_true(tab)
        house.twilio(f"/sim/calls/{stays}/hangup")
        await expect(page.locator(LIVE)).to_have_count(1)
        await expect(end).not_to_have_attribute("aria-disabled", "true")

    # Signed out in the one tab: nothing of anybody is left in the other.
    await other.locator("summary[aria-label='Ben Okafor']").click()
    await other.get_by_role("button", name="Sign out").click()
    await expect(other).to_have_url(house.address + "/sign-in/")
    await expect(page).to_have_url(house.address + "/sign-in/", timeout=patience(10) * 1000)
    await expect(page.locator("[data-call]")).to_have_count(0)
    enter.complaints[:] = [
        each for each in enter.complaints if "INTERNET_DISCONNECTED" not in each and "401" not in each
    ]


async def opened(page: Page, house: House) -> str:
    """A call is there, and open beside the list. Returns its SID."""
    sid = house.call_in()["sid"]
    await expect(rows(page).locator(".c-state")).to_contain_text("In call")
    await rows(page).click()
    await expect(page.locator("#verb-end")).not_to_have_attribute("aria-disabled", "true")
    await page.mouse.move(5, 5)
    return sid


async def test_a_desk_whose_server_dies_says_so_and_is_exact_once_it_is_back(enter, house: House):
    page = await enter("ben")
    await opened(page, house)
    await page.evaluate("window.stays = true")
    for _ in range(figure(3)):
        house.falls_over()
        try:
            await is_old(page)
            gone = house.call_in()["sid"]  # of whom nobody hears, and who hangs up
            house.twilio(f"/sim/calls/{gone}/hangup")
        finally:
            house.demo.serve()
        await is_true(page)
        await expect(page.locator("#drawer")).to_be_visible()
        await expect(page.locator("#verb-end")).not_to_have_attribute("aria-disabled", "true")
        assert await page.evaluate("window.stays"), "the page was not loaded again"
    enter.complaints[:] = [each for each in enter.complaints if not NOBODY_THERE.search(each)]


FRAMES = """() => {
  window.frames = [];
  let last = performance.now();
  const see = (now) => {
    const shown = [...document.querySelectorAll("LIVE")].map((row) => row.dataset.call);
    if (now - last > 3000) window.woke = now;
    if (window.woke) window.frames.push([now - window.woke, document.documentElement.matches(".is-stale"), shown]);
    last = now;
    requestAnimationFrame(see);
  };
  see(last);
}""".replace("LIVE", LIVE)


async def test_a_tab_that_slept_is_exact_or_old_half_a_second_after_it_wakes(enter, house: House):
    """No script of it ran meanwhile, as in a laptop that is closed; its clock went on."""
    page = await enter("ben")
    first = await opened(page, house)
    await page.evaluate(FRAMES)
    chrome = await page.context.new_cdp_session(page)
    await chrome.send("Debugger.enable")
    await chrome.send("Debugger.pause")
    house.call_in()
    house.twilio(f"/sim/calls/{first}/hangup")
    await asyncio.sleep(60 if SOAK else 4 * HEARTBEAT)
    await chrome.send("Debugger.resume")
    await is_true(page)
    second = await page.locator(LIVE).get_attribute("data-call")
    await asyncio.sleep(patience(1))
    frames = [one for one in await page.evaluate("frames") if one[0] > patience(0.5) * 1000]
    assert frames and all(old or shown == [second] for _, old, shown in frames)


async def test_a_right_that_is_taken_is_gone_from_the_open_desk_with_all_that_it_showed(enter, house: House):
    page = await enter("ben")
    await opened(page, house)
    try:
        tell(house, GROUP.format("Watcher"))
        await expect(page.locator("#verb-end")).to_be_hidden(timeout=patience(2) * 1000)
        await expect(rows(page)).to_have_count(1)
    finally:
        tell(house, GROUP.format("Supervisor"))
    await expect(page.locator("#verb-end")).to_be_visible(timeout=patience(2) * 1000)
    number = await page.locator("#d-caller").inner_text()
    try:
        tell(house, BILLING)
        await expect(page.get_by_text("You are in no team", exact=True)).to_be_visible(timeout=patience(2) * 1000)
        await expect(page.locator("[data-call]")).to_have_count(0)
        assert number not in await page.content(), "nothing of the team is left in the page"
    finally:
        tell(house, BILLING)
    enter.complaints[:] = [each for each in enter.complaints if "403" not in each]
