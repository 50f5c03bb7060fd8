"""Ben changes live calls from the desk: what he is shown before, what Twilio does, and what the desk says of it."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.test_desk import SIZES, fits, rows
from tests.guards import patience

pytestmark = pytest.mark.asyncio
LONG = patience(40) * 1000


async def in_call(page: Page, house: House) -> tuple[str, Locator]:
    """Somebody reaches Billing and is put through; the row is opened."""
    sid = house.call_in("Billing hotline")["sid"]
    row = rows(page)
    await expect(row.locator(".c-state")).to_contain_text("In call")
    await row.click()
    await expect(page.locator("#drawer").get_by_text(sid)).to_be_visible()
    return sid, row


async def somebody_else(page: Page, *names: str) -> str:
    """The first of these agents who is not on the open call: who gets a call depends on who was free longest."""
    agent = await page.locator("#d-agent").text_content()
    return next(name for name in names if name != agent)


def entry(page: Page, words: str) -> Locator:
    return page.locator("#drawer .ledger > li", has_text=words)


async def test_ben_announces_to_the_caller_who_then_goes_on_where_they_were(enter, house: House):
    page = await enter("ben")
    await in_call(page, house)
    await page.keyboard.press("n")
    pop = page.get_by_role("dialog", name=re.compile("Announce into the call of"))
    await expect(pop.get_by_role("radio").first).to_be_focused()
    await expect(pop.locator(".effects")).to_contain_text("Choose what is heard")
    await pop.get_by_role("button", name="Typed text").click()
    await pop.get_by_label("Text").fill("We close in ten minutes.")
    await expect(pop.locator(".meter")).to_contain_text("24 of")
    await expect(pop.locator(".effects .moves")).to_contain_text("hears it")
    await expect(pop.locator(".effects .goes")).to_contain_text("ends")
    await pop.get_by_label("Text").press("Control+Enter")
    await expect(pop).to_have_count(0)
    line = entry(page, "Announce “We close in ten minutes.”")
    await expect(line.locator(".steps .at")).to_contain_text(re.compile(r"accepted \d+ ms"))
    await expect(page.locator(".row .chip")).to_contain_text("Announce: accepted")
    await expect(line).to_contain_text(re.compile(r"effect seen after \d+ ms"), timeout=LONG)
    await expect(page.locator(".row .chip")).to_contain_text("Announce: effect seen")
    await expect(page.locator("#d-state")).to_contain_text("In call", timeout=LONG)


async def test_ben_transfers_to_an_agent_whom_he_finds_by_typing(enter, house: House):
    page = await enter("ben")
    await in_call(page, house)
    name = await somebody_else(page, "Mei Tanaka", "Luca Moretti")
    first = name.partition(" ")[0]
    await page.get_by_role("button", name="Transfer").click()
    pop = page.get_by_role("dialog", name=re.compile("Transfer"))
    field = pop.get_by_role("combobox")
    await expect(field).to_be_focused()
    await field.fill(first.lower())
    await expect(pop.get_by_role("option", selected=True)).to_contain_text(name)
    await expect(pop.locator(".effects .joins")).to_contain_text(name)
    await expect(pop.get_by_role("button", name=f"Transfer to {first}")).to_be_enabled()
    await field.press("Enter")
    line = entry(page, f"Transfer to {name}")
    await expect(line).to_contain_text(re.compile(r"accepted \d+ ms"))
    await expect(line).to_contain_text(re.compile(r"effect seen after \d+ ms"), timeout=LONG)
    await expect(page.locator("#d-agent")).to_have_text(name)
    await expect(page.get_by_role("button", name="Transfer")).to_be_focused()


async def test_a_transfer_to_a_busy_line_fails_and_the_caller_is_back_with_whom_they_talked_to(enter, house: House):
    page = await enter("ben")
    sid, row = await in_call(page, house)
    agent = await page.locator("#d-agent").text_content()
    await page.keyboard.press("t")
    pop = page.get_by_role("dialog", name=re.compile("Transfer"))
    await pop.get_by_role("combobox").fill("busy line")
    await expect(pop.get_by_role("button", name="Transfer to Busy line")).to_be_enabled()
    await page.keyboard.press("Enter")
    line = page.locator("#drawer .ledger [data-state=failed]", has_text="Transfer to Busy line")
    await expect(line).to_contain_text("was busy", timeout=LONG)
    await expect(row.locator(".chip.is-bad")).to_contain_text("Transfer: failed")
    await expect(page.locator("#d-state")).to_contain_text("In call", timeout=LONG)
    await expect(page.locator("#d-agent")).to_have_text(agent or "")
    assert not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]


async def test_ben_ends_one_leg_and_the_caller_gets_the_next_agent(enter, house: House):
    page = await enter("ben")
    sid, row = await in_call(page, house)
    agent = await page.locator("#d-agent").text_content() or ""
    await page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name=re.compile("End what"))
    await dialog.get_by_role("radio", name=re.compile(agent)).check()
    await expect(dialog.locator(".fate .stays")).to_contain_text("next free agent")
    await dialog.get_by_role("button", name=f"End {agent}’s leg").click()
    await expect(row.locator(".chip.is-armed")).to_contain_text("Ends in")
    await expect(entry(page, f"End {agent}")).to_contain_text(re.compile(r"effect seen after \d+ ms"), timeout=LONG)
    await expect(page.locator("#d-state")).to_contain_text("In call", timeout=LONG)
    await expect(page.locator("#d-agent")).not_to_have_text(agent)
    assert not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]


async def test_what_was_typed_survives_a_lost_line_and_a_closed_popover(enter, house: House):
    page = await enter("ben")
    await in_call(page, house)
    await page.keyboard.press("n")
    pop = page.get_by_role("dialog", name=re.compile("Announce into"))
    await pop.get_by_role("button", name="Typed text").click()
    await pop.get_by_label("Text").fill("Please hold the line.")
    await page.context.set_offline(True)
    await expect(pop.get_by_role("alert")).to_contain_text("not current")
    await expect(pop.get_by_role("button", name="Announce to")).to_be_disabled()
    await page.context.set_offline(False)
    await expect(pop.get_by_role("button", name="Announce to")).to_be_enabled(timeout=LONG)
    await expect(pop.get_by_label("Text")).to_have_value("Please hold the line.")
    await page.keyboard.press("Escape")
    await expect(pop).to_have_count(0)
    await expect(page.locator("#drawer")).to_be_visible()
    await page.keyboard.press("n")
    await expect(pop.get_by_label("Text")).to_have_value("Please hold the line.")
    enter.complaints[:] = [each for each in enter.complaints if "INTERNET_DISCONNECTED" not in each]


async def test_the_calls_own_page_tells_it_in_order_and_its_forms_work(enter, house: House):
    page = await enter("ben")
    sid, _ = await in_call(page, house)
    await page.get_by_role("link", name="Open the call’s page").click()
    await expect(page.get_by_text(sid)).to_be_visible()
    await expect(page.locator("#timeline svg")).to_be_visible()
    await page.get_by_role("link", name="End…").click()
    await page.get_by_role("button", name="End").click()
    # What was answered at first goes when the page looks again; what happened stays.
    await expect(page.locator(".story .of-action")).to_contain_text("effect seen", timeout=LONG)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_popovers_fit_at_every_size_and_have_no_fault_for_those_who_cannot_see(
    enter, house: House, theme, tmp_path_factory
):
    for line in ("Billing hotline", "Payments", "Support", "Billing hotline"):
        house.call_in(line)
    page = await enter("alice", color_scheme=theme)
    await expect(page.locator(".row .c-state", has_text="In call")).to_have_count(4)
    folder = tmp_path_factory.mktemp("pictures")
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        if await page.locator("#drawer").is_hidden():
            await rows(page, "In call").last.click()
        for name, open_it in POPOVERS.items():
            dialog = await open_it(page)
            await page.wait_for_timeout(500)
            await page.screenshot(path=folder / f"{name}-{size}-{theme}.png")
            await fits(page, dialog, f"{name} at {size}")
            await page.keyboard.press("Escape")
            await expect(dialog).to_have_count(0)


async def transfer(page: Page) -> Locator:
    await page.get_by_role("button", name="Transfer").click()
    pop = page.get_by_role("dialog", name=re.compile("Transfer"))
    await pop.get_by_role("combobox").fill("")
    await pop.get_by_role("combobox").press("ArrowDown")
    await expect(pop.locator(".effects .moves")).to_be_visible()
    return pop


async def announce(page: Page) -> Locator:
    await page.get_by_role("button", name="Announce").click()
    pop = page.get_by_role("dialog", name=re.compile("Announce into"))
    await pop.get_by_role("button", name="From the library").click()
    await pop.get_by_role("radio").first.check()
    await expect(pop.locator(".effects .moves")).to_be_visible()
    return pop


async def typed(page: Page) -> Locator:
    await page.get_by_role("button", name="Announce").click()
    pop = page.get_by_role("dialog", name=re.compile("Announce into"))
    await pop.get_by_role("button", name="Typed text").click()
    await pop.get_by_label("Text").fill("Thank you for holding. Somebody will be with you in about one minute.")
    await expect(pop.locator(".effects .moves")).to_be_visible()
    return pop


async def redirect(page: Page) -> Locator:
    await page.get_by_role("button", name="Redirect").click()
    pop = page.get_by_role("dialog", name=re.compile("Send"))
    await pop.get_by_role("combobox").press("ArrowDown")
    await expect(pop.locator(".effects .moves")).to_be_visible()
    return pop


async def end(page: Page) -> Locator:
    await page.get_by_role("button", name="End…").click()
    dialog = page.get_by_role("dialog", name=re.compile("End what"))
    await dialog.get_by_role("radio").last.check()
    await expect(dialog.locator(".fate .stays")).to_be_visible()
    return dialog


POPOVERS = {"transfer": transfer, "announce": announce, "typed": typed, "redirect": redirect, "end": end}


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_of_a_call_fit_at_every_size_and_have_no_fault_for_those_who_cannot_see(
    enter, house: House, theme, tmp_path_factory
):
    from axe_playwright_python.async_playwright import Axe

    page = await enter("alice", color_scheme=theme)
    await in_call(page, house)
    await page.keyboard.press("t")
    await page.get_by_role("dialog").get_by_role("combobox").fill("busy line")
    await expect(page.get_by_role("button", name="Transfer to Busy line")).to_be_enabled()
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer .ledger [data-state=failed]")).to_be_visible(timeout=LONG)
    await page.get_by_role("link", name="Open the call’s page").click()
    await expect(page.locator("#timeline svg")).to_be_visible()
    here, folder = page.url, tmp_path_factory.mktemp("pictures")
    for name in ("", "transfer/", "announce/", "redirect/", "end/"):
        await page.goto(here + name)
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            await page.screenshot(path=folder / f"{name.strip('/') or 'call'}-page-{size}-{theme}.png", full_page=True)
            wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"the page is {wide} px wider than the window at {size}"
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


async def test_a_number_that_nobody_has_called_from_here_is_called_after_the_password(enter, house: House):
    page = await enter("alice")
    await in_call(page, house)
    await page.keyboard.press("t")
    pop = page.get_by_role("dialog", name=re.compile("Transfer"))
    await pop.get_by_role("combobox").fill("+1 415")
    await expect(pop.get_by_role("option", name="Call +1 415")).to_be_disabled()
    await expect(pop.get_by_role("button", name="Transfer")).to_be_disabled()
    await pop.get_by_role("combobox").fill("+1 (415) 555-0199")
    await expect(pop.get_by_role("button", name="Transfer to +1 415 555 0199")).to_be_enabled()
    await page.keyboard.press("Enter")
    await expect(pop.get_by_role("alert")).to_contain_text("type your password")
    await expect(pop.get_by_label("Your password")).to_be_focused()
    await page.keyboard.type(house.password("alice"))
    await page.keyboard.press("Enter")
    await expect(pop).to_have_count(0)
    await expect(entry(page, "Transfer to")).to_contain_text(re.compile(r"accepted|effect seen"))
    await expect(page.locator("#drawer")).not_to_contain_text("4155550199")
    enter.complaints[:] = [each for each in enter.complaints if "403" not in each]
