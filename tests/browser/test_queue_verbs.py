"""Alice and who waits in a queue: put first, moved, pulled to somebody or herself. A call taken over and given back."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.test_desk import rows
from tests.browser.test_queue_page import LINE, QUEUE, and_back_again, everybody_is_away
from tests.browser.test_rooms import SEEN, in_a_room, verb
from tests.browser.test_wishes import LONG, entry

pytestmark = pytest.mark.asyncio
__all__ = ["and_back_again"]


async def they_wait(page: Page, house: House, many: int) -> list[Locator]:
    """One after the other, and nobody is there who could take them. The last of them is opened."""
    everybody_is_away(house)
    found = []
    for _ in range(many):
        caller = house.call_in(LINE)["from"]
        found.append(rows(page, caller[-4:]))
        await expect(found[-1].locator(".c-state")).to_contain_text("Waiting", timeout=LONG)
    await found[-1].click()
    await expect(page.locator("#d-state")).to_contain_text("Waiting")
    return found


async def effect_is_seen(page: Page, row: Locator, short: str, whole: str) -> None:
    """On the row, and then in the ledger, where it stays."""
    await expect(row.locator(".chip")).to_contain_text(f"{short}: effect seen", timeout=LONG)
    await expect(entry(page, whole)).to_contain_text(SEEN, timeout=LONG)


async def test_who_waits_has_no_buttons_for_a_conversation_and_is_put_first_by_one_key(enter, house: House):
    page = await enter("alice")
    _, second = await they_wait(page, house, 2)
    await expect(verb(page, "Pull")).to_be_enabled()
    await expect(verb(page, "Take over")).to_have_count(0)
    await expect(verb(page, "To front")).to_be_enabled()
    await page.keyboard.press("f")
    pop = page.get_by_role("dialog", name=re.compile("Put first: "))
    await expect(pop.locator(".effects .changes")).to_contain_text(f"is the first of {QUEUE}")
    await expect(pop.locator(".effects")).to_contain_text("will wait longer")
    await expect(pop.locator(".pop-foot .primary")).to_be_enabled()
    await page.keyboard.press("Enter")
    await effect_is_seen(page, second, "Put first", "Put first")
    await expect(verb(page, "To front")).to_be_disabled()
    await page.keyboard.press("f")
    await expect(page.locator(".toast")).to_contain_text(f"is the first of {QUEUE} already")


async def test_who_waits_is_moved_to_another_queue_where_somebody_takes_them(enter, house: House):
    page = await enter("alice")
    (row,) = await they_wait(page, house, 1)
    await verb(page, "Move").click()
    pop = page.get_by_role("dialog", name=re.compile("Move to another queue: "))
    await pop.get_by_label("Which queue").select_option("Service")
    await expect(pop.locator(".effects .changes")).to_contain_text("waits in Service, behind everybody who is there")
    await expect(pop.get_by_role("button", name="Move to Service")).to_be_enabled()
    await pop.get_by_label("Which queue").press("Enter")
    await expect(pop).to_have_count(0)
    await effect_is_seen(page, row, "Move", "Move to Service")
    await expect(page.locator("#d-state")).to_contain_text("In call", timeout=LONG)


async def to_pull(page: Page) -> Locator:
    await expect(verb(page, "Pull")).to_be_enabled()
    await page.keyboard.press("p")
    pop = page.get_by_role("dialog", name=re.compile("Pull out of the queue"))
    await expect(pop.get_by_role("combobox")).to_be_focused()
    return pop


async def test_who_waits_is_pulled_to_an_agent_who_is_found_by_typing(enter, house: House):
    page = await enter("alice")
    (row,) = await they_wait(page, house, 1)
    pop = await to_pull(page)
    await pop.get_by_role("combobox").fill("marc")
    await expect(pop.locator(".effects .stays")).to_contain_text("goes on waiting until Marc Dubois answers")
    await expect(pop.get_by_role("button", name="Pull to Marc")).to_be_enabled()
    await page.keyboard.press("Enter")
    await effect_is_seen(page, row, "Pull", "Pull to Marc Dubois")
    await expect(page.locator("#d-state")).to_contain_text("In call", timeout=LONG)
    await expect(page.locator("#d-agent")).to_have_text("Marc Dubois")
    # The button is gone, and who stood on it stands on the call.
    await expect(verb(page, "Pull")).to_have_count(0)
    await expect(page.locator("#d-caller")).to_be_focused()


async def test_whom_alice_pulls_to_herself_talks_to_alice_by_name(enter, house: House):
    page = await enter("alice")
    (row,) = await they_wait(page, house, 1)
    pop = await to_pull(page)
    await pop.get_by_role("combobox").press("ArrowDown")
    await expect(pop.get_by_role("button", name="Pull to myself")).to_be_enabled()
    await page.keyboard.press("Enter")
    await effect_is_seen(page, row, "Pull", "Pull to Alice Moreau")
    await expect(page.locator("#d-agent")).to_have_text("Alice Moreau", timeout=LONG)
    await expect(page.locator(".hears-words")).to_have_text("Caller and Alice hear each other.")


async def test_alice_takes_a_call_over_by_her_own_telephone_and_gives_it_back(enter, house: House):
    page = await enter("alice")
    sid = await in_a_room(page, house)
    agent = await page.locator("#d-agent").text_content() or ""
    row, heard = rows(page), page.locator(".hears-words")
    await expect(verb(page, "Take over")).to_be_enabled()
    await page.keyboard.press("o")
    pop = page.get_by_role("dialog", name=re.compile("Take over the call of"))
    await expect(pop.get_by_role("combobox")).to_be_focused()
    await pop.get_by_role("combobox").press("ArrowDown")
    await expect(pop.locator(".effects .goes")).to_contain_text(agent)
    await expect(pop.locator(".effects .joins")).to_contain_text("Alice Moreau")
    await expect(pop.get_by_role("button", name="Take it over")).to_be_enabled()
    await page.keyboard.press("Enter")
    await effect_is_seen(page, row, "Take over", "Take over by Alice Moreau")
    await expect(heard).to_have_text("Caller and you hear each other.")
    await expect(page.locator("#d-claims")).to_contain_text("You are speaking")
    # The same key undoes it, and stands where the other button was.
    await expect(verb(page, "Give back")).to_be_focused()
    await page.keyboard.press("o")
    pop = page.get_by_role("dialog", name=re.compile("Give back: "))
    await expect(pop.get_by_label("And then")).to_be_focused()
    await expect(pop.locator(".effects .joins")).to_contain_text(agent)
    await expect(pop.get_by_role("button", name="Give back")).to_be_enabled()
    await page.keyboard.press("Enter")
    await effect_is_seen(page, row, "Give back", f"Give back to {agent}")
    await expect(page.locator("#d-agent")).to_have_text(agent)
    await expect(page.locator("#d-claims")).to_contain_text("You are listening, muted")
    await expect(heard).to_contain_text("Nobody hears you.")
    await expect(page.locator("#drawer .wrong")).to_have_count(0)
    # What was said meanwhile stays a conversation, and Alice only listens since.
    await expect(page.locator("#d-timeline .b.listen")).to_have_count(1)
    assert not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]
