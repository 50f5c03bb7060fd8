"""The twelve tasks of tasks.md, by Alice, who has no mouse: nothing here clicks, and nothing is focused but by keys."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.test_alarms import LINE, QUEUE, one_caller_is_too_many
from tests.browser.test_desk import rows
from tests.browser.test_rooms import SEEN, verb
from tests.browser.test_wishes import LONG, entry

pytestmark = pytest.mark.asyncio
__all__ = ["one_caller_is_too_many"]
SENTENCE = re.compile(r'row "Caller \+1 ··· \d{4}, Service line, talking with [A-Z]\w+ [A-Z]\w+ for .+?\."')


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(60):
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {wanted}")


async def find(page: Page, typed: str) -> None:
    """By the palette."""
    palette = page.get_by_role("dialog", name="Do, or go to")
    await press(page, "Control+k")
    await page.keyboard.type(typed)
    chosen = palette.get_by_role("option", selected=True)
    await expect(chosen).to_be_visible()
    await expect(chosen).not_to_have_attribute("aria-disabled", "true")
    await press(page, "Enter")
    await expect(palette).to_be_hidden()


async def open_call(page: Page, sid: str) -> None:
    await find(page, sid)
    await expect(page.locator("#drawer").get_by_text(sid)).to_be_visible()


async def can(page: Page, name: str) -> None:
    await expect(verb(page, name)).to_be_visible(timeout=LONG)
    await expect(verb(page, name)).not_to_have_attribute("aria-disabled", "true", timeout=LONG)


async def choose(page: Page, key: str) -> None:
    """The first or the last of what there is, by Home or End."""
    for name in ("theme", "time_zone"):
        await tab_to(page, page.locator(f"select[name={name}]"))
        await press(page, key)
    await tab_to(page, page.get_by_role("button", name="Keep"))
    await press(page, "Enter")
    await expect(page.get_by_text("Kept.")).to_be_visible()


async def sent(page: Page, pop: Locator) -> None:
    await expect(pop.locator(".pop-foot .primary")).to_be_enabled()
    await press(page, "Enter")
    await expect(pop).to_have_count(0)


async def test_alice_does_a_days_work_without_a_mouse(enter, house: House, one_caller_is_too_many):
    page = await enter("alice")
    longest = house.call_in(LINE)
    await expect(rows(page).locator(".c-state", has_text="Waiting")).to_have_count(1, timeout=LONG)
    later, talks, asks = house.call_in(LINE), house.call_in("Service line"), house.call_in("Service line")
    await expect(rows(page).locator(".c-state", has_text="Waiting")).to_have_count(2, timeout=LONG)
    await expect(rows(page).locator(".c-state", has_text="In call")).to_have_count(2, timeout=LONG)
    drawer, state = page.locator("#drawer"), page.locator("#d-state")
    assert len(SENTENCE.findall(await page.locator("#grid").aria_snapshot())) == 2

    # 10. An alarm, while there is one.
    alarm = page.locator("#alarms li", has_text=QUEUE)
    await expect(alarm).to_be_visible(timeout=LONG)
    await press(page, "g", "a", "Enter")
    await expect(alarm.locator(".owner")).to_have_text("You see to it")

    # 1. Who waits longest. 2. To an agent.
    await press(page, "w", "Enter")
    await expect(drawer.get_by_text(longest["sid"])).to_be_visible()
    await can(page, "Pull")
    await press(page, "p")
    pop = page.get_by_role("dialog", name=re.compile("Pull out of the queue"))
    await expect(pop.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("marc")
    await expect(pop.get_by_role("button", name="Pull to Marc")).to_be_visible()
    await sent(page, pop)
    await expect(state).to_contain_text("In call", timeout=LONG)
    await expect(page.locator("#d-agent")).to_have_text("Marc Dubois")

    # 3. A call by its SID. 4. Listen. 5. Whisper.
    await open_call(page, talks["sid"])
    await expect(page.locator("#d-ears")).to_contain_text("hear each other", timeout=LONG)
    await can(page, "Listen")
    await press(page, "l")
    await sent(page, page.get_by_role("dialog", name=re.compile("Listen: ")))
    await expect(page.locator("#d-claims")).to_contain_text("You are listening", timeout=LONG)
    await can(page, "Whisper")
    await press(page, "c")
    await expect(page.locator("#d-claims")).to_contain_text("You are whispering", timeout=LONG)

    # 6. Hold, and take off hold.
    await can(page, "Hold")
    await press(page, "h")
    pop = page.get_by_role("dialog", name=re.compile("Hold: "))
    await expect(pop.locator(".effects .changes")).to_contain_text("hears music")
    await sent(page, pop)
    await expect(entry(page, "Hold Caller")).to_contain_text(SEEN, timeout=LONG)
    await can(page, "Resume")
    await press(page, "h")
    await expect(entry(page, "Take off hold Caller")).to_contain_text(SEEN, timeout=LONG)

    # 7. A text that is typed.
    await can(page, "Announce")
    await press(page, "n")
    pop = page.get_by_role("dialog", name=re.compile("Announce into the call of"))
    await expect(pop.get_by_role("radio").first).to_be_focused()
    await press(page, "Shift+Tab", "Space")
    await expect(pop.get_by_label("Text")).to_be_focused()
    await page.keyboard.type("We are with you soon.")
    await expect(pop.locator(".pop-foot .primary")).to_be_enabled()
    await press(page, "Control+Enter")
    await expect(entry(page, "Announce “We are with you soon.”")).to_contain_text(SEEN, timeout=LONG)

    # 8. Somebody is asked first.
    await open_call(page, asks["sid"])
    await can(page, "Transfer")
    await press(page, "t")
    pop = page.get_by_role("dialog", name=re.compile("Transfer"))
    await expect(pop.get_by_role("combobox")).to_be_focused()
    await press(page, "Shift+Tab", "Space")
    await expect(pop.get_by_role("button", name="Ask them first")).to_have_attribute("aria-pressed", "true")
    agents = [await row.inner_text() for row in await page.locator("[data-call] .c-agent").all()]
    name = next(name for name in ("Owen Clarke", "Ravi Shah", "Nina Berg", "Ana Pereira") if name not in agents)
    await page.keyboard.type(name.lower())
    await expect(pop.locator(".effects .joins")).to_contain_text(name)
    await sent(page, pop)
    await expect(page.locator("#d-consult li").nth(1)).to_contain_text(f"{name} has answered", timeout=LONG)
    await can(page, "Hand over")
    await find(page, "hand over")
    pop = page.get_by_role("dialog", name=re.compile("Hand over"))
    await sent(page, pop)
    await expect(entry(page, "Hand over")).to_contain_text(SEEN, timeout=LONG)

    # 9. End: what first has the focus is to leave it.
    await open_call(page, later["sid"])
    await can(page, "End…")
    await press(page, "e")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    await press(page, "Tab", "Enter")
    await expect(state).to_contain_text(re.compile("Ended|Missed|Canceled|Completed"), timeout=LONG)
    await press(page, "Escape")

    # 11. What the list shows, under a name.
    await press(page, "/")
    await page.keyboard.type("in call")
    await press(page, "Escape", "v")
    await expect(page.get_by_role("dialog", name="Keep this view")).to_be_visible()
    await page.keyboard.type("Talking")
    await press(page, "Enter")
    kept = page.locator("[data-saved]", has_text="Talking")
    await expect(kept).to_have_attribute("aria-current", "true")
    await press(page, "/", "Control+a", "Delete", "Escape")
    await expect(kept).not_to_have_attribute("aria-current", "true")
    await find(page, "talking")
    await expect(kept).to_have_attribute("aria-current", "true")
    await press(page, "v")
    await tab_to(page, page.get_by_role("button", name="Delete it"))
    await press(page, "Enter")
    await expect(kept).to_have_count(0)

    # 12. Dark, and times as in another place.
    await press(page, "g", "p")
    await expect(page).to_have_url(house.address + "/me/")
    await choose(page, "End")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.locator("html")).to_have_attribute("data-zone", re.compile(r"\w+"))
    await choose(page, "Home")  # for the next test it is as it was
    await expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
