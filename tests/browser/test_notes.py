"""Notes and tags, as two supervisors write and read them."""

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio


async def test_what_alice_writes_over_a_lost_line_is_not_lost_and_ben_reads_it_at_once(house, enter):
    house.call_in()
    alice, ben = await enter("alice"), await enter("ben")
    for desk in (alice, ben):
        await desk.locator(".row:not(.s-ended)[data-call]").first.click()
        await expect(desk.locator("#note")).to_be_visible()

    await alice.route("**/notes/", lambda route: route.abort())
    await alice.fill("#note", "Wants her money back.\nCall her on Friday.")
    await alice.click("#note-form button")
    await expect(alice.locator("#note-oops")).to_contain_text("Your words stay here")
    await alice.keyboard.press(
        "Escape"
    )  # out of the field, or of the drawer: a half-written note comes back with the call
    await alice.locator(".row:not(.s-ended)[data-call]").first.click()
    await expect(alice.locator("#note")).to_have_value("Wants her money back.\nCall her on Friday.")
    await alice.unroute("**/notes/")
    enter.complaints.clear()  # of the line that was lost
    await expect(alice.locator("#note")).to_be_visible()
    await alice.locator("#note").press("Control+Enter")
    for desk in (alice, ben):
        await expect(desk.locator("#d-notes li")).to_contain_text("Alice Moreau")
    await expect(alice.locator("#note")).to_have_value("")

    await alice.fill("#tag", "VIP")
    await alice.press("#tag", "Enter")
    await expect(ben.locator("#d-tags")).to_have_text("vip")
    await ben.fill("#find", "vip")
    await expect(ben.locator("[data-call]")).to_have_count(1)
    await expect(ben.locator("[data-call] .word")).to_have_text("vip")
    await ben.click("#d-tags button")
    await expect(alice.locator("#d-tags")).to_be_hidden()
