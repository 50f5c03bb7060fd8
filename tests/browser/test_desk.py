"""The desk in a real browser, with a simulated Twilio at work behind it."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.guards import patience

pytestmark = pytest.mark.asyncio


def rows(page: Page, text: str = ""):
    return page.locator("[data-call]", has_text=text)


async def test_ben_sees_a_call_appear_watches_its_legs_and_ends_it(enter, house: House):
    page = await enter("ben")
    await expect(page.locator("#conn-word")).to_have_text("Live")
    await expect(page.get_by_text("The floor is quiet")).to_be_visible()
    await page.evaluate("window.sinceTheBeginning = true")

    sid = house.call_in("Billing hotline")["sid"]
    row = rows(page)
    await expect(row).to_have_count(1)
    await expect(row.locator(".c-legs .leg")).to_have_text(["C"])
    await expect(row.locator(".c-legs .leg")).to_have_text(["C", "A"])
    await expect(row.locator(".c-state")).to_contain_text("Ringing")
    await expect(row.locator(".c-legs .kring")).to_have_text("A")
    await expect(row.locator(".c-state")).to_contain_text("In call")
    await expect(row.locator(".c-legs .ktalk")).to_have_text(["C", "A"])

    await row.click()
    drawer = page.locator("#drawer")
    await expect(drawer.get_by_text(sid)).to_be_visible()
    await expect(drawer.locator(".timeline .b.talk")).to_have_count(2)
    await expect(drawer.locator(".timeline .grow.talk")).to_have_count(2)

    # The callback is on its way for a while, and who asks for calls meanwhile gets no answer: until Twilio has said so,
    # nobody may say that the call ended.
    unanswered = {"what": "503", "method": "GET", "path": "Calls*"}
    house.twilio("/sim/faults", callbacks={"late": 1.0, "late_seconds": [patience(6.0)] * 2}, rest=[unanswered])
    await drawer.get_by_role("button", name="End…").click()
    dialog = page.get_by_role("dialog", name=re.compile("End what, for"))
    await expect(dialog.get_by_role("radio", name="The whole call")).to_be_checked()
    await expect(dialog.locator("tbody .goes")).to_have_count(2)
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await dialog.get_by_role("button", name="End the call").click()
    await expect(row.locator(".chip")).to_contain_text("Undo")
    await expect(row.locator(".chip")).to_contain_text("accepted")
    while not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]:
        await page.wait_for_timeout(50)
    # That the caller's leg is over the action of its <Dial> may have told already; of the agent's nobody has.
    await expect(row.locator(".c-state")).to_contain_text(re.compile("In call|Ending"))
    await expect(drawer.locator(".ledger [data-state=accepted]")).to_be_visible()

    await expect(drawer.locator("#d-state")).to_contain_text("Ended")
    house.twilio("/sim/faults", rest=[])
    await expect(drawer.locator(".ledger [data-state=confirmed]")).to_contain_text("effect seen after")
    await expect(drawer.locator("#d-sub")).to_contain_text("ended by a supervisor")
    await page.mouse.move(5, 5)  # while a hand is in the list, rows stay where they are
    await expect(rows(page)).to_have_count(0)
    assert await page.evaluate("window.sinceTheBeginning"), "the page was loaded again"


async def test_ben_takes_it_back_in_time_and_nothing_is_sent(enter, house: House):
    page = await enter("ben")
    sid, asked = house.call_in()["sid"], house.asked()
    row = rows(page)
    await expect(row.locator(".c-state")).to_contain_text("In call")
    await row.click()
    # If Twilio was away a moment ago, the desk offers nothing until it has looked again.
    ends = page.locator("#drawer").get_by_role("button", name="End…")
    await expect(ends).to_be_visible()
    await expect(ends).not_to_have_attribute("aria-disabled", "true", timeout=patience(20) * 1000)
    await page.keyboard.press("e")
    await page.get_by_role("button", name="End the call").click()
    await page.get_by_role("button", name="Undo").click()
    await expect(row.locator(".chip")).to_have_count(0)
    await page.wait_for_timeout(4000)
    assert not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]
    assert house.asked() == asked


async def test_wes_may_watch_and_reads_why_he_may_not_end(enter, house: House):
    house.call_in()
    page = await enter("wes")
    await rows(page).first.click()
    await expect(page.locator("#d-state")).to_be_visible()
    # He has the right nowhere, so there is no button to be tempted by.
    await expect(page.get_by_role("button", name="End…")).to_be_hidden()
    await page.keyboard.press("e")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    # Nor is he told of keys that do nothing for him.
    await expect(page.locator(".foot")).not_to_contain_text("transfer", use_inner_text=True)
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    await expect(keys.get_by_text("next call")).to_be_visible()
    for words in ("listen; your", "transfer the call", "announce something", "pull a waiting", "end the call"):
        await expect(keys.get_by_text(words)).to_be_hidden()


async def test_the_desk_says_that_it_is_old_when_the_line_is_cut_and_catches_up(enter, house: House):
    page = await enter("ben")
    house.call_in()
    await expect(rows(page)).to_have_count(1)
    await rows(page).click()
    await page.mouse.move(5, 5)
    await page.context.set_offline(True)
    await expect(page.locator("#conn-word")).to_have_text("Offline")
    await expect(page.locator("html")).to_have_class("is-stale")
    button = page.get_by_role("button", name="End…")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(page.locator("#why")).to_contain_text("not current")
    house.call_in()
    await page.context.set_offline(False)
    await expect(page.locator("#conn-word")).to_have_text("Live", timeout=patience(20) * 1000)
    await expect(rows(page)).to_have_count(2)
    await expect(page.locator("html")).not_to_have_class("is-stale")
    enter.complaints[:] = [each for each in enter.complaints if "INTERNET_DISCONNECTED" not in each]


async def test_everything_can_be_done_from_the_keyboard(enter, house: House):
    page = await enter("ben")
    house.call_in()
    house.call_in("Payments")
    await expect(rows(page)).to_have_count(2)
    await page.keyboard.press("j")
    first = await page.evaluate("document.activeElement.dataset.call")
    await page.keyboard.press("k")
    assert await page.evaluate("document.activeElement.dataset.call") != first
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#drawer")).to_be_hidden()
    await page.keyboard.press("/")
    await page.keyboard.type("payments")
    await expect(rows(page)).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await page.keyboard.press("Escape")


async def test_after_signing_out_nothing_of_anybody_is_left(enter, house: House):
    page = await enter("ben")
    house.call_in()
    await expect(rows(page)).to_have_count(1)
    await page.locator("summary[aria-label='Ben Okafor']").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/sign-in/"))
    await page.goto(house.address + "/")
    await expect(page).to_have_url(re.compile("/sign-in/"))


SIZES = {"1440": (1440, 900), "1024": (1024, 768), "390": (390, 844)}


async def fits(page: Page, dialog: Locator, what: str) -> None:
    """Nothing of it is out of the window, and it has no fault for those who cannot see."""
    from axe_playwright_python.async_playwright import Axe

    box, window = await dialog.bounding_box(), page.viewport_size
    assert box and window
    assert box["x"] >= 0 and box["x"] + box["width"] <= window["width"], f"{what} leaves the window"
    assert box["y"] >= 0 and box["y"] + box["height"] <= window["height"], f"{what} leaves the window"
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_screenshots_of_the_desk_at_every_size_and_no_fault_for_those_who_cannot_see(
    enter, house: House, theme, tmp_path_factory
):
    from axe_playwright_python.async_playwright import Axe

    for line in ("Billing hotline", "Payments", "Sales", "Support", "Billing hotline"):
        house.call_in(line)
    page = await enter("alice", color_scheme=theme)
    await expect(rows(page)).to_have_count(5)
    await expect(page.locator(".row .c-state", has_text="In call")).to_have_count(5)
    house.call_in("Support, out of hours")
    await expect(rows(page)).to_have_count(6)
    await rows(page, "In call").last.click()
    await expect(page.locator("#drawer .timeline")).to_be_visible()
    await page.mouse.move(5, 5)
    folder = tmp_path_factory.mktemp("pictures")
    for name, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_timeout(300)
        await page.screenshot(path=folder / f"desk-{name}-{theme}.png")
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"the page is {wide} px wider than the window at {name}"
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
