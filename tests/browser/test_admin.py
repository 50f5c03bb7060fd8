"""The admin under the strict policy: it looks like the desk, works, and the console has nothing to say."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.guards import patience

pytestmark = pytest.mark.asyncio
LOOKED_AT = ["call", "leg", "report", "action", "audit", "team", "line", "agent", "destination", "announcement"]


async def picture(page, name):
    """`ADMIN_PICTURES=/some/folder` keeps what was seen."""
    if os.environ.get("ADMIN_PICTURES"):
        await page.screenshot(path=Path(os.environ["ADMIN_PICTURES"]) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_alice_looks_at_everything_and_no_policy_is_broken(house, enter, scheme):
    house.call_in()
    page = await enter("alice", color_scheme=scheme)
    await expect(page.locator("[data-call]").first).to_be_visible(timeout=patience(10) * 1000)
    await page.goto(house.address + "/admin/")
    await expect(page.locator("#site-name")).to_have_text("Livedesk administration")
    await picture(page, f"index-{scheme}")
    for kind in LOOKED_AT:
        await page.goto(f"{house.address}/admin/calls/{kind}/")
        await expect(page.locator("#content h1")).to_contain_text("Select")
        await picture(page, f"{kind}s-{scheme}")
        first = page.locator("#result_list tbody tr:first-child th a")
        if await first.count():
            await first.click()
            await expect(page.locator("#content h1")).to_contain_text(re.compile("View|Change"))
            await picture(page, f"{kind}-{scheme}")


async def test_what_the_page_styles_comes_from_our_file(house, enter):
    page = await enter("alice")
    await page.goto(house.address + "/admin/calls/call/")
    header = page.locator("#header")
    await expect(header).to_have_css("background-color", "rgb(243, 244, 246)")


async def test_alice_adds_an_agent_with_a_team(house, enter):
    page = await enter("alice")
    await page.goto(house.address + "/admin/calls/agent/add/")
    await page.fill("#id_name", "Ida Holm")
    await page.fill("#id_contact", "client:ida")
    await page.select_option("#id_Agent_teams-0-team", label="Sales")
    await picture(page, "agent-add")
    await page.click("input[name=_save]")
    await expect(page.locator(".messagelist")).to_contain_text("Ida Holm")
