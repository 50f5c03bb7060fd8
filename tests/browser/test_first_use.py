"""The tour of the desk: offered once, taken by keyboard, in nobody's way."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import tell

pytestmark = pytest.mark.asyncio


async def test_wes_is_shown_around_by_keyboard_while_the_desk_goes_on_and_is_not_asked_again(house, enter):
    house.call_in()
    tell(house, "UPDATE calls_preferences SET toured = 0")
    wes = await enter("wes", tour=True)
    tour = wes.get_by_role("region", name="A tour of the desk")
    await expect(tour).to_contain_text("New here?")
    await expect(wes.locator("#tour-next")).to_be_visible()  # with its script
    await wes.locator("#tour-next").press("Enter")
    await expect(tour).to_contain_text("1 of 5")
    await wes.keyboard.press("Enter")
    await expect(tour).to_contain_text("Open a call beside the list")
    await wes.locator("[data-call]").first.click()  # it is not modal: what it tells of can be done
    await expect(wes.locator("#drawer")).to_be_visible()
    for title in ("You see what it does", "What needs you", "Everything by keyboard"):
        await wes.locator("#tour-next").press("Enter")
        await expect(tour).to_contain_text(title)
    await expect(wes.locator(".find.is-toured")).to_be_visible()
    async with wes.expect_response("**/me/tour/"):
        await wes.keyboard.press("Escape")
    await expect(wes.locator("#tour")).to_be_hidden()
    await expect(wes.locator("#drawer")).to_be_visible()

    await wes.reload()
    await expect(wes.locator("[data-call]")).to_have_count(1)
    await expect(wes.locator("#tour")).to_be_hidden()
    await wes.keyboard.press("?")
    await wes.click("#help [data-tour]")
    await expect(tour).to_contain_text("1 of 5")
