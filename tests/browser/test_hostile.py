"""Names that are scripts, styles and tags: on the desk and every page they are words, and nothing of them runs."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import House, tell
from tests.browser.test_desk import rows
from tests.hostile import NAMES

pytestmark = pytest.mark.asyncio
WATCHED = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => window.broken.push(event.violatedDirective));
"""
NAMED = {"caller", "agent", "line", "queue", "team_name", "name", "number", "by", "what", "message", "says", "door"}
KINDS = """(where) => [...new Set([...document.querySelectorAll(where)].flatMap((one) =>
  [one.localName, ...one.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc"),
   one.protocol === "javascript:" ? one.protocol : "a"]))].sort()"""
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
    return await page.evaluate(KINDS, "#rows *, #drawer *")


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


# In the database ----------------------------------------------------------------------------------------------------

MARK = " ~ "
CALLED = [
    ("auth_user", "last_name"), ("calls_team", "name"), ("calls_queue", "name"), ("calls_line", "name"),
    ("calls_agent", "name"), ("calls_announcement", "name"), ("calls_destination", "name"),
]  # fmt: skip
WRITTEN = [name for name in NAMES if "\0" not in name]  # there SQL ends
HEAPS = [" ".join(WRITTEN[place::8]) for place in range(8)]
PAGES = [
    "/calls/", "/calls/{call}/", "/calls/{call}/end/", "/calls/{call}/transfer/", "/queues/", "/queues/1/", "/me/",
    "/wallboard/", "/drills/", "/admin/", "/admin/calls/call/", "/admin/calls/team/", "/admin/calls/queue/",
    "/admin/calls/agent/", "/admin/calls/line/", "/admin/calls/call/{call}/change/", "/admin/calls/team/1/change/", "/",
]  # fmt: skip
DRAWN = {"/wallboard/": "#queues > *", "/calls/{call}/": "pattern"}  # by a script, after the page has come


@pytest.fixture
def names_end(house: House) -> Iterator[None]:
    yield
    whole = "UPDATE {0} SET {1} = substr({1}, 1, instr({1}, '{2}') - 1) WHERE instr({1}, '{2}')"
    tell(house, "DELETE FROM calls_tag", *(whole.format(*where, MARK) for where in CALLED))


def rename(house: House) -> None:
    """Everybody and everything keeps its name, and has hostile ones behind it."""
    quoted = [heap.replace("'", "''") for heap in HEAPS]
    way = " ".join(f"WHEN {place} THEN '{MARK}{heap}'" for place, heap in enumerate(quoted))
    tell(house, *(f"UPDATE {table} SET {name} = {name} || CASE id % {len(HEAPS)} {way} END" for table, name in CALLED))


async def walk(page: Page, house: House, call: str) -> dict[str, list[str]]:
    """Of which kinds of elements every page is; on the last, the desk, the call is open and a wish was refused."""
    found = {}
    for path in PAGES:
        await page.goto(house.address + path.format(call=call))
        if path in DRAWN:
            await expect(page.locator(DRAWN[path]).first).to_be_attached()
        if path == "/":
            await page.locator(f"[data-call='{call}']").click()
            await expect(page.locator("#d-notes li")).to_have_count(1)
            await page.locator("#verbs").get_by_role("button", name="Transfer").click()
            await expect(page.locator(".toast")).to_contain_text("is already on it")
        found[path] = await page.evaluate(KINDS, "html *")
        assert await page.evaluate("window.broken") == [], path
    return found


async def test_what_stands_in_the_database_is_text_on_every_page_and_in_what_the_server_answers(
    enter, house: House, names_end: None
):
    page = await enter("alice")
    dialogs, who = [], "Ben"
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await page.context.add_init_script(WATCHED)

    async def busy(route: Route) -> None:
        if "json" not in route.request.headers["accept"]:
            return await route.continue_()
        refusal = {"state": "refused", "code": "busy", "message": f"{who} is already on it (end, 2 s ago)."}
        await route.fulfill(status=409, json=refusal)

    await page.route("**/transfer/", busy)
    house.call_in()
    await expect(rows(page).locator(".c-state")).to_contain_text("In call")
    call = str(await rows(page).get_attribute("data-call"))
    await rows(page).click()
    await page.fill("#note", "Angry")
    await page.locator("#note").press("Control+Enter")
    await page.fill("#tag", "vip")
    await page.press("#tag", "Enter")
    await expect(page.locator("#d-tags button")).to_have_count(1)
    tell(house, "INSERT INTO calls_tag (word, used_at, team_id) SELECT 'refund', used_at, team_id FROM calls_tag")
    harmless = await walk(page, house, call)
    who = HEAPS[0]
    rename(house)
    text = " ".join(HEAPS).replace("'", "''")
    tell(house, f"UPDATE calls_note SET text = '{text}'", f"UPDATE calls_tag SET word = '{text}' WHERE word = 'refund'")
    tell(house, f"UPDATE calls_call SET tags = '{text}' WHERE tags <> ''")
    assert await walk(page, house, call) == harmless
    assert dialogs == []
    assert who in str(await page.locator(".toast").text_content())
    assert who in str(await page.locator("#d-notes li").text_content())
    await page.goto(f"{house.address}/queues/1/")
    assert MARK + HEAPS[1] in await page.title()
    enter.complaints[:] = [each for each in enter.complaints if "409" not in each]  # of the two refusals
