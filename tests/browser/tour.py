"""The states that the picture tour brings the desk in. Each is staged, looked at where it yields, and put back."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

from playwright.async_api import Locator, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import House, tell
from tests.browser.test_trouble import goes_away
from tests.guards import patience

Stage = Callable[[Page, House], AbstractAsyncContextManager[None]]
STATES: dict[str, Stage] = {}
WHO: dict[str, str] = {}
LONG = patience(40) * 1000
QUEUE = "Service in French"


def state(stage: Callable[[Page, House], AsyncIterator[None]]) -> Stage:
    name = stage.__name__.replace("_", "-")
    STATES[name] = asynccontextmanager(stage)
    return STATES[name]


def of(username: str) -> Callable[[Stage], Stage]:
    """Whose desk it is; alice's, who sees everything, unless said."""

    def named(stage: Stage) -> Stage:
        WHO[next(name for name, known in STATES.items() if known is stage)] = username
        return stage

    return named


def calls(page: Page, text: str = "In call") -> Locator:
    return page.locator(".row:not(.s-ended)[data-call]", has_text=text)


async def desk(page: Page, house: House, query: str = "") -> None:
    await page.goto(f"{house.address}/{query}")
    await expect(page.locator("#conn-word")).to_have_text("Live", timeout=LONG)
    await expect(page.locator(".empty:not([hidden])")).to_have_count(0)


async def opened(page: Page, house: House, text: str = "In call") -> None:
    """The first call of the list of which this is said, beside the list."""
    await desk(page, house)
    await calls(page, text).first.click()
    await expect(page.locator("#d-timeline svg")).to_be_visible()
    await expect(page.locator("#verbs .verb:visible").first).to_be_visible()
    await page.mouse.move(5, 5)


async def paper(page: Page, house: House, path: str) -> None:
    await page.goto(house.address + path)
    await expect(page.locator("main")).to_be_visible()


# The floor ------------------------------------------------------------------------------------------------------------


@state
async def floor(page: Page, house: House):
    await desk(page, house)
    yield


@state
async def crowd(page: Page, house: House):
    """Each call of the floor fifty times, so that the list has to hold two thousand."""

    async def multiplied(route: Route) -> None:
        answer = await route.fetch()
        told = json.loads(await answer.text())
        times = 2000 // len(told["calls"])
        for call in list(told["calls"]):
            told["calls"] += [call | {"id": str(uuid4())} for _ in range(times)]
        await route.fulfill(response=answer, json=told)

    await page.route("**/desk/board/", multiplied)
    await desk(page, house)
    await expect(page.locator("#m-live")).to_have_text(re.compile(r"^[12]\d{3}$"))
    yield


@state
async def by_queue(page: Page, house: House):
    await desk(page, house, "?group=queue")
    yield


@state
async def filter_open(page: Page, house: House):
    await desk(page, house)
    await page.locator("#filter summary").click()
    yield


@state
async def alarms(page: Page, house: House):
    """One caller who talks is too many, so to say: in three teams, of which alice sees to one and has snoozed one."""
    tell(
        house,
        "INSERT INTO calls_threshold (kind, team_id, queue_id, 'on', 'limit', amber_share, hysteresis, minimum_seconds)"
        " SELECT 'talk', id, NULL, 1, 4, 60, 10, 0 FROM calls_team",
    )
    await desk(page, house)
    row = page.locator("#alarm-list > li", has_text="Talk")
    await expect(row.nth(2)).to_be_visible(timeout=LONG)
    await row.first.get_by_role("button", name="I see to it").click()
    await expect(row.first.locator(".owner")).to_have_text("You see to it")
    yield
    tell(house, "DELETE FROM calls_threshold")


# A call ---------------------------------------------------------------------------------------------------------------


@state
async def drawer(page: Page, house: House):
    await opened(page, house)
    yield


@state
async def drawer_end(page: Page, house: House):
    await opened(page, house)
    await page.locator("#drawer").evaluate("(drawer) => drawer.scrollTo(0, drawer.scrollHeight)")
    yield


@state
async def caller_who_waits(page: Page, house: House):
    await opened(page, house, "Waiting")
    yield


@state
async def transfer(page: Page, house: House):
    await opened(page, house)
    await page.get_by_role("button", name="Transfer").click()
    pop = page.get_by_role("dialog", name=re.compile("Transfer"))
    await pop.get_by_role("combobox").press("ArrowDown")
    await expect(pop.locator(".effects .moves")).to_be_visible()
    yield


@state
async def announce(page: Page, house: House):
    await opened(page, house)
    await page.get_by_role("button", name="Announce").click()
    pop = page.get_by_role("dialog", name=re.compile("Announce into"))
    await pop.get_by_role("radio").first.check()
    await expect(pop.locator(".effects .moves")).to_be_visible()
    yield


@state
async def end(page: Page, house: House):
    await opened(page, house)
    await page.get_by_role("button", name="End…").click()
    await expect(page.get_by_role("dialog", name=re.compile("End what")).locator("tbody tr").first).to_be_visible()
    yield


@state
async def all_shown(page: Page, house: House):
    await desk(page, house)
    await page.locator("#all-shown").click()
    many = page.locator("dialog#many")
    await many.get_by_role("radio", name="End").check()
    await many.get_by_label("How many calls is it about?").fill("7")
    await expect(many.locator("#many-rate")).to_contain_text("second")
    yield


# What is not as it should be ------------------------------------------------------------------------------------------


@state
async def reconnecting(page: Page, house: House):
    """The line is taken away, and at the other end of the next one nobody says a word."""
    lines: list[WebSocketRoute] = []

    def line(socket: WebSocketRoute) -> None:
        if not lines:
            socket.connect_to_server()
        lines.append(socket)

    await page.route_web_socket("**/ws/desk/", line)
    await opened(page, house)
    await lines[0].close(code=1006)
    await expect(page.locator("#conn-word")).to_have_text("Reconnecting", timeout=LONG)
    await expect(page.locator("#banner")).to_be_visible(timeout=LONG)
    yield


@state
async def offline(page: Page, house: House):
    await opened(page, house)
    await page.context.set_offline(True)
    await expect(page.locator("#conn-word")).to_have_text("Offline")
    await expect(page.locator("#banner")).to_be_visible(timeout=LONG)
    yield
    await page.context.set_offline(False)


@state
async def provider_trouble(page: Page, house: House):
    await opened(page, house)
    await goes_away(house, page.locator("#trouble"))
    yield


@of("ben")
@state
async def rights_changed(page: Page, house: House):
    """Ben becomes somebody who only watches, while he has a call open."""
    group = (
        "UPDATE calls_membership SET group_id = (SELECT id FROM auth_group WHERE name = '{}')"
        " WHERE user_id = (SELECT id FROM auth_user WHERE username = 'ben')"
    )
    await opened(page, house)
    tell(house, group.format("Watcher"))
    await expect(page.locator("#verb-end")).to_be_hidden(timeout=LONG)
    yield
    tell(house, group.format("Supervisor"))


@of("ben")
@state
async def no_team(page: Page, house: House):
    ben = "user_id = (SELECT id FROM auth_user WHERE username = 'ben')"
    await desk(page, house)
    tell(house, f"UPDATE calls_membership SET user_id = -user_id WHERE {ben}")
    await expect(page.get_by_text("You are in no team", exact=True)).to_be_visible(timeout=LONG)
    yield
    tell(house, f"UPDATE calls_membership SET user_id = -user_id WHERE -{ben}")


# What floats ----------------------------------------------------------------------------------------------------------


@state
async def palette(page: Page, house: House):
    await opened(page, house)
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette")).to_be_visible()
    await expect(page.locator("#palette [role=option]").first).to_be_visible()
    yield


@state
async def help_sheet(page: Page, house: House):
    await desk(page, house)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    yield


@state
async def user_menu(page: Page, house: House):
    await desk(page, house)
    await page.locator(".user summary").click()
    yield


# For those who need more contrast -------------------------------------------------------------------------------------


@state
async def high_contrast(page: Page, house: House):
    await page.emulate_media(contrast="more")
    await opened(page, house)
    yield


@state
async def forced_colours(page: Page, house: House):
    await page.emulate_media(forced_colors="active")
    await opened(page, house)
    yield
