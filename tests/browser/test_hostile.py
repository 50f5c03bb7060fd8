"""Names that are scripts, styles and tags: on the live desk they are words, and nothing of them runs."""

import json
import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import House
from tests.browser.test_desk import rows
from tests.hostile import NAMES

pytestmark = pytest.mark.asyncio
WATCHED = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => window.broken.push(event.violatedDirective));
"""
NAMED = {"caller", "agent", "line", "queue", "team_name", "name", "number", "by", "what", "message", "says", "door"}
KINDS = """() => [...new Set([...document.querySelectorAll("#rows *, #drawer *")].flatMap((one) =>
  [one.localName, ...one.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc")]))].sort()"""
SIZES = (
    """() => [...new Set([...document.querySelectorAll("#rows > *")].map((row) => row.querySelectorAll("*").length))]"""
)


def called(told: object, name: str) -> object:
    """The same, with every name of somebody or something replaced."""
    if isinstance(told, dict):
        said = {key for key, each in told.items() if key in NAMED and isinstance(each, str)}
        return {key: name if key in said else called(each, name) for key, each in told.items()}
    return [called(each, name) for each in told] if isinstance(told, list) else told


async def drawn(page: Page, house: House, names: list[str]) -> list[str]:
    """A floor of people with these names, the first of whose calls is open. Of which kinds of elements that is."""

    async def board(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json()
        (call,) = told["calls"]
        more = [{**called(call, name), "id": f"{call['id'][:-4]}{place:04d}"} for place, name in enumerate(names)]
        await route.fulfill(response=answer, body=json.dumps({**told, "calls": more}))

    async def one(route: Route) -> None:
        if "json" not in route.request.headers["accept"]:
            return await route.continue_()
        await route.fulfill(json=called(whole, names[0]))

    async def nothing(route: Route) -> None:
        await route.fulfill(json={"verbs": {}, "calls": []})

    await page.unroute_all()
    await page.goto(house.address + "/")
    await expect(rows(page).locator(".c-state")).to_contain_text("In call")
    pk = await rows(page).get_attribute("data-call")
    answer = await page.request.get(f"{house.address}/calls/{pk}/", headers={"Accept": "application/json"})
    whole = await answer.json()
    whole["call"]["id"] = f"{pk[:-4]}0000"
    await page.route("**/desk/board/", board)
    await page.route("**/calls/*0000/", one)
    await page.route(re.compile(r"/calls/\S+0000/(verbs|earlier)/"), nothing)  # nobody's call has such an id
    await page.goto(house.address + "/")
    await expect(rows(page)).to_have_count(len(names))
    await rows(page, "").last.scroll_into_view_if_needed()
    await page.locator("[data-call$='0000']").click()
    await expect(page.locator("#d-legs li")).to_have_count(2)
    await expect(page.locator("#d-reports li").first).to_be_attached()
    return await page.evaluate(KINDS)


async def test_what_people_are_called_is_text_and_no_more_wherever_the_desk_says_it(enter, house: House):
    page = await enter("alice")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await page.context.add_init_script(WATCHED)
    house.call_in()
    harmless = await drawn(page, house, [f"Somebody {place}" for place in range(len(NAMES))])
    hostile = await drawn(page, house, NAMES)
    assert hostile == harmless
    assert len(await page.evaluate(SIZES)) == 1, "one row has more in it than another"
    assert await page.evaluate("window.broken") == [] and dialogs == []
    assert await page.locator("#d-caller").text_content() == NAMES[0]
    shown = await page.locator(".c-caller b").all_text_contents()
    assert sum("alert(1)" in name for name in shown) == len(NAMES) / 3
    assert not any("\u202e" in name or "\u200b" in name for name in shown)
