"""Calls in a room, changed from the desk: hold, mute, an announcement to all; and two supervisors on one call."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.test_desk import SIZES, fits, rows
from tests.browser.test_wishes import LONG, entry, somebody_else

pytestmark = pytest.mark.asyncio
SEEN = re.compile(r"effect seen after \d+ ms")


async def in_a_room(page: Page, house: House) -> str:
    """Somebody waits in the queue of Support, and an agent is called into the room; the row is opened."""
    sid = house.call_in("Service line")["sid"]
    await expect(rows(page).locator(".c-state")).to_contain_text("In call", timeout=LONG)
    await rows(page).click()
    await expect(page.locator("#drawer").get_by_text(sid)).to_be_visible()
    # Until both are known to be in the room, the call goes on changing: a plan would be of yesterday.
    await expect(page.locator("#d-intended")).to_have_text("as intended", timeout=LONG)
    await expect(page.locator("#d-ears")).to_contain_text("hear each other", timeout=LONG)
    return str(sid)


def verb(page: Page, name: str) -> Locator:
    return page.locator("#verbs").get_by_role("button", name=name)


async def test_alice_puts_the_caller_on_hold_by_the_keyboard_and_takes_them_off(enter, house: House):
    page = await enter("alice")
    sid = await in_a_room(page, house)
    await expect(page.locator("#d-ears")).to_contain_text("hear each other")
    await expect(verb(page, "Hold")).to_be_enabled()
    await page.keyboard.press("h")
    pop = page.get_by_role("dialog", name=re.compile("Hold: "))
    await expect(pop.get_by_role("radio", name="Caller")).to_be_checked()
    await expect(pop.locator(".effects .changes")).to_contain_text("hears music")
    await expect(pop.get_by_role("button", name="Hold the caller")).to_be_enabled()
    await page.keyboard.press("Enter")
    await expect(entry(page, "Hold Caller")).to_contain_text(SEEN, timeout=LONG)
    await expect(page.locator("#d-state")).to_contain_text("On hold")
    await expect(page.locator("#d-ears")).to_contain_text("Caller is on hold.")
    await expect(page.locator("#d-ears .node.held")).to_have_count(1)
    # Back is harmless, and there is one alone whom it can be: no dialog.
    await expect(verb(page, "Hold")).to_have_count(0)
    await expect(verb(page, "Resume")).to_be_enabled()
    await page.keyboard.press("h")
    await expect(page.locator(".row .chip")).to_contain_text("Take off hold")
    await expect(entry(page, "Take off hold Caller")).to_contain_text(SEEN, timeout=LONG)
    await expect(page.locator("#d-state")).to_contain_text("In call")
    assert not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]


async def test_alice_mutes_the_agent_and_everybody_sees_that_nobody_hears_them(enter, house: House):
    page = await enter("alice")
    await in_a_room(page, house)
    agent = await page.locator("#d-agent").text_content() or ""
    await expect(verb(page, "Mute")).to_be_enabled()
    await page.keyboard.press("m")
    pop = page.get_by_role("dialog", name=re.compile("Mute: "))
    await expect(pop.get_by_role("radio", name=agent)).to_be_checked()
    await pop.get_by_role("button", name=f"Mute {agent.split(' ')[0]}").click()
    await expect(entry(page, f"Mute {agent}")).to_contain_text(SEEN, timeout=LONG)
    await expect(page.locator("#d-ears")).to_contain_text(f"Nobody hears {agent.split(' ')[0]}.")
    await verb(page, "Unmute").click()
    await expect(entry(page, f"Unmute {agent}")).to_contain_text(SEEN, timeout=LONG)
    await expect(page.locator("#d-ears")).to_contain_text("hear each other")


async def test_it_is_red_when_somebody_is_heard_again_whom_alice_has_muted(enter, house: House):
    """Another program of the account has unmuted the agent."""
    page = await enter("alice")
    caller = await in_a_room(page, house)
    agent = await page.locator("#d-agent").text_content() or ""
    await expect(verb(page, "Mute")).to_be_enabled()
    await page.keyboard.press("m")
    pop = page.get_by_role("dialog", name=re.compile("Mute: "))
    await pop.get_by_role("button", name=f"Mute {agent.split(' ')[0]}").click()
    await expect(entry(page, f"Mute {agent}")).to_contain_text(SEEN, timeout=LONG)
    wrong = page.locator("#d-ears .wrong")
    await expect(wrong).to_have_count(0)
    await expect(page.locator("#d-intended")).to_have_text("as intended")

    rooms = house.elsewhere("Conferences")["conferences"]
    room = next(each["sid"] for each in rooms if each["status"] == "in-progress")
    there = house.elsewhere(f"Conferences/{room}/Participants")["participants"]
    other = next(each["call_sid"] for each in there if each["call_sid"] != caller)
    house.elsewhere(f"Conferences/{room}/Participants/{other}", Muted="false")
    await expect(wrong).to_have_text(f"The caller hears {agent}: Alice Moreau wished otherwise (mute).", timeout=LONG)
    await expect(wrong).to_have_attribute("role", "alert")
    await expect(page.locator("#d-intended")).to_be_empty()

    # As she wished again, and it is red no more.
    house.elsewhere(f"Conferences/{room}/Participants/{other}", Muted="true")
    await expect(wrong).to_have_count(0, timeout=LONG)
    await expect(page.locator("#d-intended")).to_have_text("as intended")


async def test_an_announcement_to_everybody_is_heard_by_both_and_nobody_leaves(enter, house: House):
    page = await enter("alice")
    await in_a_room(page, house)
    await page.keyboard.press("n")
    pop = page.get_by_role("dialog", name=re.compile("Announce into the call of"))
    await pop.get_by_role("button", name="Typed text").click()
    await pop.get_by_label("Text").fill("This call ends in a minute.")
    await pop.get_by_role("radio", name="Everybody in the room").check()
    await expect(pop.locator(".effects .stays")).to_have_count(2)
    await pop.get_by_role("button", name="Announce to everybody").click()
    line = entry(page, "Announce “This call ends in a minute.”")
    await expect(line).to_contain_text(SEEN, timeout=LONG)
    await expect(page.locator("#d-state")).to_contain_text("In call")
    heard = [leg for leg in house.truth() if any("ends in a minute" in (said["text"] or "") for said in leg["heard"])]
    assert len(heard) == 2 and not any(leg["over"] for leg in heard)


async def test_a_warm_transfer_that_is_canceled_half_way_leaves_the_caller_where_they_were(enter, house: House):
    page = await enter("alice")
    sid = await in_a_room(page, house)
    agent = await page.locator("#d-agent").text_content() or ""
    name = await somebody_else(page, "Owen Clarke", "Ravi Shah")
    first = name.partition(" ")[0]
    await page.keyboard.press("t")
    pop = page.get_by_role("dialog", name=re.compile("Transfer"))
    await pop.get_by_role("button", name="Ask them first").click()
    await pop.get_by_role("combobox").fill(first.lower())
    await expect(pop.locator(".effects .joins")).to_contain_text(name)
    await expect(pop.get_by_role("button", name=f"Ask {first}")).to_be_enabled()
    await page.keyboard.press("Enter")
    steps = page.locator("#d-consult li")
    await expect(steps.nth(0)).to_have_text("Caller is on hold", timeout=LONG)
    await expect(steps.nth(1)).to_contain_text(f"{name} has answered", timeout=LONG)
    await expect(page.locator("#d-state")).to_contain_text("Consulting")
    await verb(page, "Cancel").click()
    pop = page.get_by_role("dialog", name=re.compile("Cancel the consultation"))
    await expect(pop.locator(".effects .goes")).to_contain_text(name)
    await expect(pop.locator(".pop-foot .primary")).to_be_enabled()
    await page.keyboard.press("Enter")
    await expect(entry(page, "Cancel the consultation")).to_contain_text(SEEN, timeout=LONG)
    await expect(page.locator("#d-state")).to_contain_text("In call", timeout=LONG)
    await expect(page.locator("#d-agent")).to_have_text(agent)
    await expect(page.locator("#d-consult")).to_be_hidden()
    assert not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]


async def test_alice_whispers_then_speaks_then_only_listens_again(enter, house: House):
    page = await enter("alice")
    sid = await in_a_room(page, house)
    agent = (await page.locator("#d-agent").text_content() or "").split(" ")[0]
    heard, claim = page.locator(".hears-words"), page.locator("#d-claims")
    await expect(verb(page, "Whisper")).to_be_enabled()
    await page.keyboard.press("c")
    pop = page.get_by_role("dialog", name=re.compile("Whisper: "))
    await expect(pop.locator(".effects .joins")).to_contain_text("Alice Moreau")
    await pop.get_by_role("button", name=f"Whisper to {agent}").click()
    await expect(claim).to_contain_text("You are whispering", timeout=LONG)
    await expect(heard).to_contain_text(f"Caller hears {agent}.")
    await expect(verb(page, "Whisper")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("b")
    pop = page.get_by_role("dialog", name=re.compile("Speak: "))
    await expect(pop.get_by_role("button", name="Cancel")).to_be_focused()
    await pop.locator(".pop-foot .primary").click()
    await expect(claim).to_contain_text("You are speaking", timeout=LONG)
    await expect(heard).to_have_text(f"Caller, {agent} and you hear each other.")
    await page.keyboard.press("l")  # harmless: at once
    await expect(claim).to_contain_text("You are listening, muted", timeout=LONG)
    await expect(heard).to_contain_text("Nobody hears you.")
    await expect(page.locator("#drawer .wrong")).to_have_count(0)
    await verb(page, "Leave").click()
    await expect(claim).to_be_hidden(timeout=LONG)
    assert not next(leg for leg in house.truth() if leg["sid"] == sid)["over"]


async def test_while_the_privacy_switch_is_on_nothing_is_recorded_and_it_is_said_when_twilio_says_so(
    enter, house: House
):
    page = await enter("alice")
    await in_a_room(page, house)
    beside = page.locator("#d-beside")
    await verb(page, "Record").click()
    await page.get_by_role("dialog", name=re.compile("Record: ")).locator(".primary").click()
    await expect(beside.locator(".is-on")).to_have_text("Recording", timeout=LONG)
    await verb(page, "Privacy").click()
    pop = page.get_by_role("dialog", name=re.compile("Privacy: "))
    await pop.get_by_label("How long").select_option("2")
    await pop.locator(".primary").click()
    await expect(beside).to_contain_text(re.compile(r"Recording paused, confirmed at \d"), timeout=LONG)
    await expect(beside).to_contain_text("Privacy for")
    await verb(page, "End privacy").click()
    await page.get_by_role("dialog", name=re.compile("End privacy: ")).locator(".primary").click()
    await expect(beside.locator(".is-on")).to_have_text("Recording", timeout=LONG)
    await expect(beside).not_to_contain_text("Privacy")


async def test_of_two_supervisors_on_one_call_the_second_gets_the_name_of_the_first(enter, house: House):
    alice, ben = await enter("alice"), await enter("ben")
    house.call_in("Billing hotline")
    for page in (alice, ben):
        await expect(rows(page).locator(".c-state")).to_contain_text("In call")
        await rows(page).click()
    first = (await somebody_else(ben, "Mei Tanaka", "Luca Moretti")).partition(" ")[0]
    # Nobody picks up at the front desk for a while: the wish stays open.
    house.twilio("/sim/behaviour", habits={"answer_seconds": [20.0, 20.0]})
    await ben.keyboard.press("t")
    pop = ben.get_by_role("dialog", name=re.compile("Transfer"))
    await pop.get_by_role("combobox").fill(first.lower())
    await expect(pop.get_by_role("button", name=f"Transfer to {first}")).to_be_enabled()
    await ben.keyboard.press("Enter")
    await expect(pop).to_have_count(0)
    await expect(rows(alice).locator(".chip")).to_contain_text("Transfer")
    await expect(verb(alice, "Announce")).to_have_attribute("aria-disabled", "true")
    await expect(alice.locator("#why")).to_contain_text("Ben Okafor is already on it (transferring).")
    await alice.keyboard.press("n")
    await expect(alice.locator(".toast")).to_contain_text("Ben Okafor is already on it")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_buttons_and_small_popovers_fit_and_have_no_fault_for_those_who_cannot_see(enter, house: House, theme):
    page = await enter("alice", color_scheme=theme)
    await in_a_room(page, house)
    for width, height in SIZES.values():
        await page.set_viewport_size({"width": width, "height": height})
        await verb(page, "Hold").click()
        pop = page.get_by_role("dialog", name=re.compile("Hold: "))
        await expect(pop.locator(".effects .changes")).to_be_visible()
        await page.wait_for_timeout(300)
        await fits(page, pop, f"Hold at {width}")
        await page.keyboard.press("Escape")
        await expect(pop).to_have_count(0)
