"""A caller waits too long: it stands on two desks, one supervisor sees to it, and the other one reads who."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.conftest import House, tell
from tests.guards import patience

pytestmark = pytest.mark.asyncio
QUEUE, LINE = "Service in French", "Service line, French"
COLUMNS = "kind, team_id, queue_id, 'on', 'limit', amber_share, hysteresis, minimum_seconds"
OTHERS = " UNION ".join(f"SELECT '{kind}' AS kind" for kind in ("wait", "service", "hold", "talk", "unverified"))


@pytest.fixture
def one_caller_is_too_many(house: House) -> Iterator[None]:
    """In that queue, at once, while everybody who could take them is away; and nothing else is too much anywhere."""
    tell(
        house,
        "UPDATE calls_agent SET state = 'away', chosen = 'away' WHERE skills <> ''",
        f"INSERT INTO calls_threshold ({COLUMNS}) SELECT kind, id, NULL, 0, NULL, NULL, 10, 5"
        f" FROM calls_team, ({OTHERS})",
        f"INSERT INTO calls_threshold ({COLUMNS}) SELECT 'waiting', team_id, id, 1, 1, 100, 10, 0"
        f" FROM calls_queue WHERE name = '{QUEUE}'",
    )
    yield
    tell(
        house,
        "DELETE FROM calls_threshold",
        "UPDATE calls_agent SET state = 'available', chosen = '' WHERE skills <> ''",
    )


async def test_alice_sees_to_an_alarm_and_it_is_over_when_the_caller_hangs_up(enter, house, one_caller_is_too_many):
    page, other = await enter("alice"), await enter("alice")
    strip = page.locator("#alarms")
    await expect(strip).to_contain_text("none")
    sid = house.call_in(LINE)["sid"]
    row = strip.locator("li", has_text="Callers waiting")
    await expect(row).to_contain_text(QUEUE, timeout=patience(30) * 1000)
    await expect(row).to_contain_text("limit 1")
    await expect(page).to_have_title("(1▲) (1) Livedesk")
    await expect(page.locator("#alarm-words")).to_contain_text(f"Callers waiting, {QUEUE}: 1 of 1.")
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await expect(row.get_by_role("button", name="I see to it")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(row.locator(".owner")).to_have_text("You see to it")
    await row.get_by_label("Snooze").select_option("15")
    await expect(row.locator(".owner")).to_contain_text("Snoozed until")
    await row.get_by_role("button", name="I see to it").click()
    await expect(row.locator(".owner")).to_have_text("You see to it")
    await expect(other.locator("#alarms li .owner")).to_have_text("You see to it")
    await expect(page).to_have_title("(1) Livedesk")
    house.twilio(f"/sim/calls/{sid}/hangup")
    await expect(row).to_have_count(0, timeout=patience(20) * 1000)
    await expect(other.locator("#alarms")).to_contain_text("none")
