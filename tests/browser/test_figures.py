"""Alice looks at the figures: queues and agents beside the list, and the wall."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import House
from tests.browser.test_queue_page import LINE, QUEUE, and_back_again, everybody_is_away
from tests.browser.test_wishes import LONG

__all__ = ["and_back_again"]
pytestmark = pytest.mark.asyncio


async def test_alice_sees_who_waits_and_an_agents_call_is_one_press_away(enter, house: House):
    page = await enter("alice")
    everybody_is_away(house)
    for _ in range(3):
        house.call_in(LINE)
    house.call_in()  # for Billing, where somebody picks up
    queue = page.locator("#queues li", has_text=QUEUE)
    await expect(queue.locator(".n")).to_have_text(re.compile("3$"), timeout=LONG)
    await expect(queue.locator(".n .i")).to_have_count(1)  # more than two are marked
    await expect(page.locator("#m-waiting")).to_have_text("3")
    await expect(page.locator("#m-waiting-word")).to_contain_text("waiting, oldest")
    talks = page.locator("#agents a").first
    await expect(talks).to_be_visible(timeout=LONG)
    await talks.click()
    await expect(page.locator("#drawer")).to_be_visible()
    await queue.get_by_role("link").click()
    await expect(page).to_have_url(re.compile(r"/queues/\d+/$"))
    await on_the_wall(page, house)
    enter.complaints.clear()  # of what is not there any more


async def on_the_wall(page, house: House) -> None:
    """The same figure, and nothing any more once the address is taken back."""
    await page.goto(house.address + "/wallboard/")
    row = page.locator("#queues tr", has_text=QUEUE)
    await expect(row.locator("td").first).to_have_text("3", timeout=LONG)
    await expect(page.locator("#tiles .tile")).to_have_count(5)
    await page.route("**/wallboard/now/", lambda route: route.fulfill(status=404))
    await expect(page.get_by_role("alert")).to_contain_text("shows nothing any more", timeout=LONG)
    await expect(page.locator("#queues tr")).to_have_count(0)
