"""Lucía reads Spanish: nothing that there are words for is left in English, wherever she goes."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import House
from tests.browser.test_desk import rows
from tests.browser.test_wishes import LONG
from tests.words import kept

pytestmark = pytest.mark.asyncio

# What is seen or heard of a page: its texts, and the attributes that are read out or shown. Reports are Twilio's words.
SHOWN = """() => {
    const told = [], silent = "script, style, noscript, select[name=time_zone], #d-reports, .of-report";
    const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (!node.parentElement.closest(silent)) told.push(node.data.trim());
    }
    for (const name of ["aria-label", "title", "placeholder"]) {
        for (const element of document.querySelectorAll(`[${name}]`)) told.push(element.getAttribute(name).trim());
    }
    return told;
}"""


def english() -> re.Pattern[str]:
    """All that has other words in Spanish; of what has places in it, the forms that say something of their own."""
    forms = []
    for domain in ("django", "djangojs"):
        for message in kept(domain, "es"):
            each = message.id if isinstance(message.id, str) else message.id[0]
            words = message.string if isinstance(message.string, str) else message.string[0]
            own = re.split(r"\{\d\}|%\(\w+\)s", each)
            if each != words and len("".join(own)) > 3 + 6 * (len(own) > 1):  # “{0} in {1}” fits many a name
                forms.append(".+?".join(map(re.escape, own)))
    return re.compile("|".join(forms))


ENGLISH = english()


async def in_spanish(page: Page) -> None:
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    left = {words for words in await page.evaluate(SHOWN) if words and ENGLISH.fullmatch(words)}
    assert left == set(), page.url


async def test_lucia_reads_the_desk_in_spanish_and_does_her_work_in_it(enter, house: House):
    page = await enter("alice", locale="es-ES")
    await expect(page.locator("#conn-word")).to_have_text("En vivo")
    await in_spanish(page)
    sid = house.call_in("Service line")["sid"]
    await expect(rows(page).locator(".c-state", has_text="En llamada")).to_have_count(1, timeout=LONG)
    await rows(page).first.click()
    await expect(page.locator("#drawer").get_by_text(sid)).to_be_visible()
    await expect(page.locator("#d-ears")).not_to_be_empty()
    await in_spanish(page)
    for key in ("t", "n", "h", "e"):
        await page.keyboard.press(key)
        await expect(page.locator("dialog[open]")).to_have_count(1)
        await expect(page.locator("dialog[open] :is(.effects, #end-fate)").first).to_be_visible()
        await in_spanish(page)
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog[open]")).to_have_count(0)
    for key in ("Control+k", "?", "v"):
        await page.keyboard.press(key)
        await expect(page.locator("dialog[open]")).to_have_count(1)
        await in_spanish(page)
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog[open]")).to_have_count(0)

    # She holds the caller: what the server says of it is in Spanish as well, and so is the ledger.
    await page.keyboard.press("h")
    await expect(page.locator("dialog[open] .primary")).to_be_enabled()
    await page.keyboard.press("Enter")
    await expect(page.locator(".ledger li").first).to_contain_text("efecto visto", timeout=LONG)
    await in_spanish(page)
    call = await page.locator("[data-call][aria-selected=true]").get_attribute("data-call")
    of_the_call = [f"/calls/{call}/{verb}" for verb in ("", "transfer/", "announce/", "end/")]
    for place in ("/me/", "/queues/", "/calls/", "/agent/", "/wallboard/", "/admin/calls/threshold/add/", *of_the_call):
        await page.goto(house.address + place)
        await in_spanish(page)
    await page.goto(house.address + "/queues/")
    await page.locator("main a[href^='/queues/']").first.click()
    await in_spanish(page)
    await page.goto(house.address + "/nowhere/")
    await in_spanish(page)
    enter.complaints.clear()  # of the page that is not there, and of the agents' own


async def test_the_language_that_she_chose_goes_with_her(enter, house: House):
    page = await enter("wes")
    await page.goto(house.address + "/me/")
    await page.select_option("select[name=language]", "es")
    await page.get_by_role("button", name="Keep").click()
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    there = await enter("wes")  # another browser, which wants English
    await expect(there.locator("html")).to_have_attribute("lang", "es")
    await there.goto(house.address + "/me/")
    await there.select_option("select[name=language]", "")
    await there.locator("button.primary").click()
    await expect(there.locator("html")).to_have_attribute("lang", "en")
