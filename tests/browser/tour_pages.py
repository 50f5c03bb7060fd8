"""The tour goes on: the wallboard, the pages around the desk, and the administration. With these it is whole."""

import json

from playwright.async_api import Page, Route, expect

from tests.browser.conftest import House
from tests.browser.tour import LONG, STATES, WHO, of, opened, paper, state

__all__ = ["STATES", "WHO"]


async def wall_of(page: Page, house: House, queues: int) -> None:
    async def more(route: Route) -> None:
        answer = await route.fetch()
        told = json.loads(await answer.text())
        names = "Service, Service in French, Orders, Returns, Contracts, Invoices, Claims, New customers, Faults".split(
            ", "
        )
        told["queues"] = [told["queues"][at % 2] | {"id": at, "name": names[at % 9]} for at in range(queues)]
        await route.fulfill(response=answer, json=told)

    await page.route("**/wallboard/now/", more)
    await page.goto(house.address + "/wallboard/")
    await expect(page.locator("#queues tr").first).to_be_visible()


@state
async def wallboard(page: Page, house: House):
    await page.goto(house.address + "/wallboard/")
    await expect(page.locator("#queues tr").first).to_be_visible()
    yield


@state
async def wallboard_of_many(page: Page, house: House):
    await wall_of(page, house, 9)
    yield


@state
async def wallboard_stale(page: Page, house: House):
    await page.goto(house.address + "/wallboard/")
    await expect(page.locator("#queues tr").first).to_be_visible()
    await page.route("**/wallboard/now/", lambda route: route.abort())
    await expect(page.get_by_role("alert")).to_contain_text("are old", timeout=LONG)
    yield


@state
async def queues(page: Page, house: House):
    await paper(page, house, "/queues/")
    yield


@state
async def queue(page: Page, house: House):
    await paper(page, house, "/queues/")
    await page.get_by_role("link", name="Service", exact=True).click()
    await expect(page.locator("#waiting")).to_be_visible()
    yield


@state
async def call_page(page: Page, house: House):
    await opened(page, house)
    await page.get_by_role("link", name="Open the call’s page").click()
    await expect(page.locator("#timeline svg")).to_be_visible()
    yield


@state
async def call_page_transfer(page: Page, house: House):
    await opened(page, house)
    await page.get_by_role("link", name="Open the call’s page").click()
    await expect(page.locator("#timeline svg")).to_be_visible()
    await page.get_by_role("link", name="Transfer…").click()
    await expect(page.locator("form.wish")).to_be_visible()
    yield


@state
async def preferences(page: Page, house: House):
    await paper(page, house, "/me/")
    await expect(page.locator("#key-find")).to_be_visible()
    yield


@state
async def drills(page: Page, house: House):
    await paper(page, house, "/drills/")
    yield


@of("emma")
@state
async def agents_page(page: Page, house: House):
    await page.goto(house.address + "/agent/")
    await expect(page.get_by_role("heading", name="Help")).to_be_visible()
    yield


@state
async def admin(page: Page, house: House):
    await page.goto(house.address + "/admin/")
    await expect(page.locator("#site-name")).to_be_visible()
    yield


@state
async def admin_list(page: Page, house: House):
    await page.goto(house.address + "/admin/calls/call/")
    await expect(page.locator("#result_list")).to_be_visible()
    yield


@state
async def admin_threshold(page: Page, house: House):
    await page.goto(house.address + "/admin/calls/threshold/add/")
    await expect(page.locator("#content h1")).to_be_visible()
    yield


@of("nobody")
@state
async def sign_in(page: Page, house: House):
    await page.goto(house.address + "/sign-in/")
    await page.fill("input[name=username]", "alice")
    await page.fill("input[name=password]", "not this one")
    await page.press("input[name=password]", "Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    yield
