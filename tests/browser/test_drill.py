"""A drill on the desk: somebody raises a hand, ben does the right thing, and reads how well."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.conftest import House
from tests.browser.test_desk import rows
from tests.guards import patience
from tests.services import ROOT

pytestmark = pytest.mark.asyncio
LONG = patience(60) * 1000


@pytest.fixture
def drill(house: House) -> Iterator[Any]:
    command = [sys.executable, "manage.py", "drill", "wrong department", "--line", "Payments"]
    running = subprocess.Popen(command, cwd=ROOT, env=house.demo.environment, stdout=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.wait()


async def test_ben_finds_whose_hand_is_up_sends_the_caller_on_and_reads_his_score(enter, house: House, drill):
    page = await enter("ben")
    told = page.get_by_role("status", name="Drill")
    await expect(rows(page, "In call")).to_have_count(1, timeout=LONG)
    await expect(told).to_be_hidden()  # a call like any other, until somebody raises a hand
    agent = await rows(page).locator(".c-agent").inner_text()
    await expect(told).to_contain_text(f"{agent} raises a hand", timeout=LONG)
    assert (await Axe().run(page)).violations_count == 0

    await rows(page, agent).click()
    await page.keyboard.press("t")
    await page.keyboard.type("front desk")  # at once: every letter is for the field that is about to open
    await page.get_by_role("button", name="Transfer to Front desk").click()
    await expect(told).to_contain_text("of 100, the caller was served", timeout=LONG)
    await expect(told).to_contain_text("Right: transfer.")
    await expect(told).to_contain_text("Noticed after")
    assert drill.wait(patience(10)) == 0
    assert "the caller was served." in drill.stdout.read()

    await told.get_by_role("link", name="All drills").click()
    await expect(page.get_by_role("heading", name="Wrong department")).to_be_visible()
    assert (await Axe().run(page)).violations_count == 0
    await page.get_by_role("link", name="The call", exact=True).first.click()
    await expect(page.get_by_text("This was no real call.")).to_be_visible()
    await page.go_back()
    await page.get_by_role("link", name="Live calls").click()
    await told.get_by_role("button", name="Close").click()
    await expect(told).to_be_hidden()
    await page.wait_for_timeout(2_500)
    await expect(told).to_be_hidden()
