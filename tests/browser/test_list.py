"""The live list: put together, filtered, kept under a name and shared; and what the drawer knows of a caller."""

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio


async def test_a_pasted_link_shows_the_same_and_a_view_that_alice_shares_ben_sees(house, enter):
    house.call_in()
    alice = await enter("alice")
    await alice.goto(house.address + "/?states=talking&group=agent")
    await expect(alice.locator("[data-call]")).to_have_count(1)
    await expect(alice.locator("[data-head]")).to_contain_text("1 call")
    await expect(alice.locator("#filter-word")).to_have_text("In call, By agent")

    await alice.click("#filter summary")
    await alice.click("#view-keep")
    await alice.fill("#view-name", "Talking")
    await alice.select_option("#view-team", label="Billing")
    await alice.press("#view-name", "Enter")
    await expect(alice.locator("[data-saved][aria-current]")).to_have_text("Talking")

    ben = await enter("ben")
    await ben.click("[data-saved]")
    await expect(ben).to_have_url(house.address + "/?states=talking&group=agent")
    await expect(ben.locator("[data-head]")).to_contain_text("1 call")


async def test_who_called_before_and_from_which_number(house, enter):
    first = house.call_in()
    house.twilio(f"/sim/calls/{first['sid']}/hangup")
    alice = await enter("alice")
    number = next(leg["from"] for leg in house.truth() if leg["sid"] == first["sid"])
    line = next(each["address"] for each in house.demo.seed["lines"] if each["name"] == "Billing hotline")
    house.twilio("/sim/calls", **{"from": number, "to": line})
    await alice.locator(".row:not(.s-ended)[data-call]").first.click()
    await expect(alice.locator("#d-earlier li")).to_have_count(1)
    await expect(alice.locator("#d-caller")).to_contain_text("···")
    await alice.click("#reveal")
    await expect(alice.locator("#d-caller")).to_have_text(number)
    await alice.keyboard.press("Escape")
    await expect(alice.locator("#d-caller")).to_have_text("")
