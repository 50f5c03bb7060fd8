"""What the desk shows is true, or it says that it is not: off the line, on a wrong clock, in two tabs, signed out."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import House
from tests.browser.test_desk import rows
from tests.guards import figure, patience

pytestmark = pytest.mark.asyncio
AN_HOUR_AHEAD = "const { now } = Date; Date.now = () => now() + 3600000;"
SAME = """async () => {
  const { calls } = await (await fetch("/desk/board/", { cache: "no-store" })).json();
  const told = new Set(calls.map(({ id }) => id));
  const rows = [...document.querySelectorAll(".row:not(.s-ended)[data-call]")];
  const shown = rows.map((row) => row.dataset.call);
  return shown.length === told.size && shown.every((id) => told.has(id));
}"""


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
    end, why = page.get_by_role("button", name="End…"), page.locator("#why")
    await expect(end).not_to_have_attribute("aria-disabled", "true")
    await page.mouse.move(5, 5)

    for _ in range(figure(10, least=2)):
        await page.context.set_offline(True)
        # Two and a half heartbeats: with the buttons, at once.
        await expect(page.locator("html")).to_have_class("is-stale", timeout=patience(5) * 1000)
        await expect(end).to_have_attribute("aria-disabled", "true")
        await expect(why).to_contain_text("not current")
        stays, goes = house.call_in()["sid"], house.call_in()["sid"]
        house.twilio(f"/sim/calls/{goes}/hangup")
        await page.context.set_offline(False)
        for tab in (page, other):
            await expect(rows(tab)).not_to_have_count(1)
            await is_true(tab)
        house.twilio(f"/sim/calls/{stays}/hangup")
        await expect(page.locator(".row:not(.s-ended)[data-call]")).to_have_count(1)
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
