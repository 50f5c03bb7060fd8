"""Ben does one thing to all calls that his list shows: their number typed, how far it came in sight, and stopped."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.test_desk import SIZES, fits, rows
from tests.browser.test_wishes import LONG

pytestmark = pytest.mark.asyncio


def dialog(page: Page) -> Locator:
    return page.locator("dialog#many")


async def crowd(page: Page, house: House, *lines: str) -> list[str]:
    """So many are put through."""
    sids = [str(house.call_in(line)["sid"]) for line in lines]
    await expect(rows(page, "In call")).to_have_count(len(lines), timeout=LONG)
    return sids


def over(house: House, sids: list[str]) -> list[str]:
    return [leg["sid"] for leg in house.truth() if leg["sid"] in sids and leg["over"]]


async def test_ben_ends_all_that_he_has_filtered_and_stops_it_half_way(enter, house: House):
    page = await enter("ben")
    sids = await crowd(page, house, *["Billing hotline"] * 6, "Payments")
    asked = house.asked()
    await page.locator("#find").fill("billing hotline")
    await expect(page.get_by_role("button", name="All 6 shown")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    many = dialog(page)
    await expect(many.get_by_role("radio").first).to_be_focused()
    await many.get_by_role("radio", name="End").check()
    await expect(many.get_by_role("heading")).to_have_text("End all 6 calls?")
    await expect(many).to_contain_text("Those that are shown now: “billing hotline”.")
    await expect(many).to_contain_text("Billing hotline 6")
    await expect(many).to_contain_text("At most 4 a second: about 2 s.")

    await many.get_by_label("How many calls is it about?").fill("5")
    await many.get_by_role("button", name="End 6 calls").click()
    await expect(many.get_by_role("alert")).to_contain_text("You typed 5, and it is about 6 calls now.")
    await many.get_by_label("How many calls is it about?").fill("6")
    house.twilio(f"/sim/calls/{sids[0]}/hangup")
    await expect(many.get_by_role("heading")).to_have_text("End all 5 calls?", timeout=LONG)
    await expect(many.get_by_role("alert")).to_contain_text("You typed 6, and it is about 5 calls now.")
    await expect(many.locator(".notes")).to_contain_text("Of the 6 that were shown 1 has ended")
    await many.get_by_label("How many calls is it about?").press("Enter")
    await expect(many.get_by_role("alert")).to_contain_text("You typed 6")
    assert house.asked() == asked, "nothing was sent"

    house.twilio("/sim/faults", rest=[{"what": "late", "method": "POST", "path": "Calls/CA*", "seconds": 3.0}])
    await many.get_by_label("How many calls is it about?").fill("5")
    await many.get_by_role("button", name="End 5 calls").click()
    await expect(many.locator("#total")).to_have_text("5")
    await expect(many.get_by_role("progressbar")).to_be_visible()
    await many.get_by_role("button", name="Stop").click()
    await expect(many.get_by_role("status")).to_contain_text("Stopped by Ben Okafor", timeout=LONG)
    await expect(many.get_by_role("button", name="Stop")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(many).to_be_hidden()
    assert len(over(house, sids[1:6])) < 5 and over(house, sids[6:]) == []


async def test_closed_while_it_runs_it_goes_on_and_is_found_again_when_the_desk_is_loaded(enter, house: House):
    page = await enter("ben")
    sids = await crowd(page, house, *["Billing hotline", "Payments"] * 3)
    house.twilio("/sim/faults", rest=[{"what": "late", "method": "POST", "path": "Calls/CA*", "seconds": 8.0}])
    await page.get_by_role("button", name="All 6 shown").click()
    many = dialog(page)
    await many.get_by_role("radio", name="End").check()
    await expect(many).to_contain_text("No filter is set")
    await many.get_by_label("How many calls is it about?").fill("6")
    await many.get_by_role("button", name="End 6 calls").click()
    await expect(many.locator("#total")).to_have_text("6")
    await page.reload()
    await page.get_by_role("button", name=re.compile(r"End: \d of 6")).click()
    await expect(many.locator("#total")).to_have_text("6")
    house.twilio("/sim/faults", rest=[])
    await expect(many.get_by_role("status")).to_have_text("It is over.", timeout=LONG)
    await many.get_by_role("button", name="Close").click()
    await expect(page.locator("#all-shown")).to_be_hidden()
    assert sorted(over(house, sids)) == sorted(sids)


async def test_alice_sees_on_her_desk_what_ben_has_begun_and_stops_it(enter, house: House):
    ben, alice = await enter("ben"), await enter("alice")
    sids = await crowd(ben, house, *["Billing hotline"] * 6)
    await expect(rows(alice, "In call")).to_have_count(6, timeout=LONG)
    house.twilio("/sim/faults", rest=[{"what": "late", "method": "POST", "path": "Calls/CA*", "seconds": 8.0}])
    await ben.get_by_role("button", name="All 6 shown").click()
    await dialog(ben).get_by_role("radio", name="End").check()
    await dialog(ben).get_by_label("How many calls is it about?").fill("6")
    await dialog(ben).get_by_role("button", name="End 6 calls").click()
    await expect(dialog(ben).locator("#total")).to_have_text("6")
    await ben.keyboard.press("Escape")
    await alice.get_by_role("button", name=re.compile(r"Ben Okafor ends: \d of 6")).click(timeout=LONG)
    many = dialog(alice)
    await expect(many.get_by_role("heading")).to_have_text("End 6 calls")
    await expect(many).to_contain_text("By Ben Okafor.")
    await many.get_by_role("button", name="Stop").click()
    await expect(many.get_by_role("status")).to_contain_text("Stopped by Alice Moreau", timeout=LONG)
    await expect(ben.locator(".toast")).to_contain_text("Stopped by Alice Moreau", timeout=LONG)
    house.twilio("/sim/faults", rest=[])
    await many.get_by_role("button", name="Close").click()
    await expect(alice.locator("#all-theirs")).to_be_hidden(timeout=LONG)
    assert len(over(house, sids)) < 6


async def test_who_only_watches_has_no_such_button(enter, house: House):
    page = await enter("wes")
    await crowd(page, house, "Payments")
    await expect(page.locator("#all-shown")).to_be_hidden()
    await page.keyboard.press("a")
    await expect(dialog(page)).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_dialog_fits_at_every_size_and_has_no_fault_for_those_who_cannot_see(
    enter, house: House, theme, tmp_path_factory
):
    page = await enter("alice", color_scheme=theme)
    await crowd(page, house, "Billing hotline", "Payments", "Support")
    folder, many = tmp_path_factory.mktemp("pictures"), dialog(page)
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.get_by_role("button", name="All 3 shown").click()
        for verb, words in (("Announce", "It ends 3 conversations"), ("Redirect", "About"), ("End", "You typed 7")):
            await many.get_by_role("radio", name=verb).check()
            if verb == "End":
                await many.get_by_label("How many calls is it about?").fill("7")
                await many.get_by_role("button", name="End 3 calls").click()
            await expect(many).to_contain_text(re.compile(words, re.IGNORECASE))
            await page.screenshot(path=folder / f"{verb}-{size}-{theme}.png")
            await fits(page, many, f"{verb} at {size}")
        await page.keyboard.press("Escape")
        await expect(many).to_be_hidden()
    house.twilio("/sim/faults", rest=[{"what": "400", "method": "POST", "path": "Calls/CA*"}])
    await page.get_by_role("button", name="All 3 shown").click()
    await many.get_by_role("radio", name="End").check()
    await many.get_by_label("How many calls is it about?").fill("3")
    await many.get_by_role("button", name="End 3 calls").click()
    await expect(many.get_by_role("status")).to_have_text("It is over.", timeout=LONG)
    await expect(many.locator("#problems li")).to_have_count(3)
    await page.screenshot(path=folder / f"far-{theme}.png")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
