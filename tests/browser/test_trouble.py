"""Twilio's API is away: the desk says so in words of its own, and its own line stays live."""

import re
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import House
from tests.guards import patience

pytestmark = pytest.mark.asyncio


def twilio_is_away(house: House) -> None:
    """As the reconciler writes it down after ten seconds without an answer; its next comparison takes it back."""
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(house.demo.folder / "livedesk.sqlite3", timeout=5)) as database, database:
        said = database.execute(
            "UPDATE calls_sweep SET failing_since = ?, tried_at = ?, why = 'Twilio cannot be reached.'", [at, at]
        )
        assert said.rowcount == 1, "the desk has compared its calls with Twilio's"


async def goes_away(house: House, banner: Locator) -> None:
    """Once more, should a comparison that was just under way have found Twilio there."""
    for _ in range(2):
        twilio_is_away(house)
        with suppress(AssertionError):
            await expect(banner).to_be_visible(timeout=patience(5) * 1000)
            return
    twilio_is_away(house)
    await expect(banner).to_be_visible(timeout=patience(5) * 1000)


async def test_a_desk_whose_twilio_is_away_says_so_and_gets_its_buttons_back(enter, house: House):
    page = await enter("ben")
    house.call_in()
    row = page.locator("[data-call]")
    await expect(row.locator(".c-state")).to_contain_text("In call")
    await row.click()
    end, banner = page.locator("#drawer").get_by_role("button", name="End…"), page.locator("#trouble")
    await expect(end).not_to_have_attribute("aria-disabled", "true")
    await expect(banner).to_be_hidden()

    await goes_away(house, banner)
    await expect(banner).to_contain_text(re.compile(r"Twilio’s API has not answered since \d\d:\d\d:\d\d\."))
    await expect(banner).to_contain_text("Actions are off until Twilio answers.")
    await expect(page.locator("#conn-word")).to_have_text("Live")
    await expect(page.locator("#banner")).to_be_hidden()
    await expect(end).to_have_attribute("aria-disabled", "true")
    await expect(page.locator("#why")).to_contain_text("Twilio’s API has not answered")

    # The comparison of the next half minute is answered.
    await expect(banner).to_be_hidden(timeout=patience(40) * 1000)
    await expect(end).not_to_have_attribute("aria-disabled", "true")
