"""The desk by keyboard: the palette, one's own keys, and where the focus stays."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import House
from tests.guards import patience

pytestmark = pytest.mark.asyncio


# Two keys within one frame: nothing of the page is drawn, and no event told, between them.
TWICE = """() => {
    const press = () => dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true }));
    press();
    document.getElementById("palette").close();
    press();
    return new Promise((drawn) => setTimeout(drawn, 100));
}"""
AT_ONCE = """() => {
    const dialog = document.getElementById("view"), field = document.getElementById("view-name");
    dialog.showModal();
    field.focus();
    dialog.close();
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
    return document.activeElement.id;
}"""


async def test_who_is_faster_than_the_screen_loses_no_key(enter):
    page = await enter("alice")
    await expect(page.locator("#conn-word")).to_have_text("Live")
    await page.evaluate(TWICE)
    await expect(page.get_by_role("dialog", name="Do, or go to").get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Escape")
    assert await page.evaluate(AT_ONCE) == "find"


async def test_alice_finds_all_that_she_wants_by_typing_it(enter, house: House):
    page = await enter("alice")
    await expect(page.locator("#conn-word")).to_have_text("Live")
    sid = house.call_in("Payments")["sid"]
    house.call_in("Support, out of hours")
    rows = page.locator("[data-call]")
    await expect(rows.locator(".c-state", has_text="In call")).to_have_count(2)
    await expect(page.locator("#delay")).to_have_text(re.compile(r"^p50 / p95: .+ from the server$"))
    palette = page.get_by_role("dialog", name="Do, or go to")
    find = page.get_by_role("combobox", name="What do you want?")

    # What is done to a call needs one.
    await page.keyboard.press("Control+k")
    await page.keyboard.type("tra")
    await expect(palette).to_contain_text("“Transfer” is done to a call: open one first.")
    await page.keyboard.press("Escape")
    await expect(palette).to_be_hidden()

    # A call, from within a field: a character would be typed, Ctrl-K is none.
    await page.keyboard.press("/")
    await expect(page.locator("#find")).to_be_focused()
    await page.keyboard.press("Control+k")
    await expect(find).to_be_focused()
    await page.keyboard.type(sid)
    await expect(palette.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(palette).to_be_hidden()
    await expect(page.locator("#drawer").get_by_text(sid)).to_be_visible()

    # What can be wished on it, and what cannot says why.
    await expect(page.locator("#verb-end")).to_be_visible()
    await page.keyboard.press("Control+k")
    await expect(palette.get_by_role("option", name="Pull")).to_have_count(0)
    off = palette.locator("[aria-disabled=true]").first
    await expect(off.locator("span")).to_have_text(re.compile(r"\w.*\."))
    await page.keyboard.type("end")
    await expect(palette.get_by_role("option", name="End E")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name=re.compile("End what, for"))).to_be_visible()
    await page.keyboard.press("Escape")

    # To whom it may go; the popover shows what that does before anything is sent.
    await page.keyboard.press("Control+k")
    await page.keyboard.type("transfer ana")
    await expect(palette.get_by_role("option", name=re.compile("Transfer to Ana"))).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name=re.compile("Transfer to Ana"))).to_be_visible()
    await page.keyboard.press("Escape")

    await page.keyboard.press("Control+k")
    await page.keyboard.type("billing")
    await find.press("ArrowDown")
    await page.keyboard.press("Escape")
    await expect(palette).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    assert await page.evaluate("document.activeElement.closest('#alarms') !== null")
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await expect(page).to_have_url(house.address + "/me/", timeout=patience(10) * 1000)

    # Another key for one thing: not one that is taken, and the hint on the page tells of it.
    await page.fill("#key-find", "t")
    await expect(page.locator("#key-trouble")).to_contain_text("One key for two things")
    await page.fill("#key-find", "y")
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_text("Kept.")).to_be_visible()
    await page.goto(house.address + "/")
    await expect(page.locator("kbd[data-key=find]")).to_have_text("Y")
    await page.keyboard.press("y")
    await expect(page.locator("#find")).to_be_focused()
    await page.goto(house.address + "/me/")
    await page.get_by_role("button", name="The usual keys").click()
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_text("Kept.")).to_be_visible()


BY_CALLER = """() => {
    const callers = [...document.querySelectorAll("[data-call] .c-caller")].map((cell) => cell.innerText);
    return callers.length === 3 && callers.join() === callers.toSorted().join();
}"""


async def test_the_keyboard_stays_with_its_call_and_goes_on_to_the_next_when_that_is_over(enter, house: House):
    sids = [house.call_in(line)["sid"] for line in ("Billing hotline", "Payments", "Billing hotline")]
    page = await enter("ben")
    rows = page.locator("[data-call]")
    await expect(rows.locator(".c-state", has_text="In call")).to_have_count(3)
    here = "document.activeElement.dataset.call"

    # By caller, who are all different; then the other way round, and nobody's hand is in the list.
    turn = "document.querySelector('[data-sort=caller]').click()"
    await page.evaluate(turn)
    await expect(page.locator("[aria-sort=ascending]")).to_have_text(re.compile("Caller"))
    await page.wait_for_function(BY_CALLER)
    await page.keyboard.press("j")
    mine = await page.evaluate(here)
    before = await rows.evaluate_all("rows => rows.map((row) => row.dataset.call)")
    await page.evaluate(turn)
    await expect(rows.first).to_have_attribute("data-call", before[-1])
    assert await page.evaluate(here) == mine

    after = await rows.evaluate_all("rows => rows.map((row) => row.dataset.call)")
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer code", has_text=re.compile("^CA"))).to_have_count(2)
    legs = await page.locator("#drawer").inner_text()
    sid = next(sid for sid in sids if sid in legs)
    await page.keyboard.press("Escape")
    await expect(page.locator(f"[data-call='{mine}']")).to_be_focused()
    house.twilio(f"/sim/calls/{sid}/hangup")
    # It fades, and as long as a hand counts as being in the list it stays.
    await expect(rows).to_have_count(2, timeout=patience(40) * 1000)
    await expect(page.locator("#live-words")).to_contain_text("you are on +1")
    assert await page.evaluate(here) in {after[1 + after.index(mine)] if mine != after[-1] else after[-2]}
