"""Somebody plays caller and agent on the simulator's own page."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from simulator.testing import RunningSimulator
from tests.guards import patience
from tests.simulator.application import Application

pytestmark = pytest.mark.asyncio
NUMBER = "+15005550100"
NASTY = "<img src=x onerror=alert(1)><b>bold</b>"


@pytest.fixture
def application() -> Iterator[Application]:
    application = Application()
    application.says("/voice/", '<Gather numDigits="1" action="/menu/" timeout="600"><Say>Press 2.</Say></Gather>')
    application.says(
        "/menu/",
        '<Gather input="speech" action="/said/" timeout="600" speechTimeout="1"><Say>What is it about?</Say></Gather>',
    )
    application.says("/said/", '<Say>Thank you.</Say><Pause length="600"/>')
    yield application
    application.close()


@pytest.fixture
def twilio(application: Application) -> Iterator[RunningSimulator]:
    number = {
        "phone_number": NUMBER,
        "friendly_name": "Billing",
        "voice_url": f"{application.url}/voice/",
        "status_callback": f"{application.url}/number/",
    }
    with RunningSimulator(numbers=[number], speed=5) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def page(browser: Browser, twilio: RunningSimulator) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(twilio.url + "/")
    yield page
    await context.close()
    assert complaints == []


async def test_somebody_rings_presses_speaks_reads_the_webhook_and_hangs_up(page, twilio, application):
    await expect(page.get_by_text("The lines are quiet.")).to_be_visible()
    await page.get_by_label("I call from").fill("+14155550777")
    await page.get_by_role("button", name="Ring", exact=True).click()

    hand = page.get_by_role("region", name="The leg in hand")
    await expect(hand.get_by_role("heading", name="+14155550777")).to_be_visible()
    await expect(hand.get_by_text("The application waits for keys.")).to_be_visible()
    await hand.get_by_role("button", name="press 2").click()
    await expect(hand.get_by_text("The application waits for words.")).to_be_visible()
    await hand.get_by_label("What I say").fill("I was charged twice")
    await page.keyboard.press("Enter")
    await expect(hand.get_by_text("Thank you.")).to_be_visible()
    await expect(hand.locator(".talk .mine")).to_contain_text("I was charged twice")

    webhook = page.locator("#webhooks .entry", has_text="/said/")
    await webhook.locator("summary").click()
    asked = application.at("/said/")[0]
    await expect(webhook).to_contain_text(asked.headers["x-twilio-signature"])
    await expect(webhook).to_contain_text("I was charged twice")
    await expect(webhook.locator("pre")).to_contain_text("<Say>Thank you.</Say>")

    await page.get_by_role("tab", name="Faults").click()
    rule = page.get_by_role("region", name="Status callbacks, by rule")
    await rule.get_by_label("event: completed").fill("completed")
    await rule.get_by_label("times").fill("1")
    await rule.get_by_role("button", name="Add rule").click()
    await expect(rule.get_by_text("lost: completed · 1 to go")).to_be_visible()
    await expect(page.get_by_role("link", name="1 fault on")).to_be_visible()

    await hand.get_by_role("button", name="Hang up").click()
    await expect(hand.get_by_text("It is over, by caller.")).to_be_visible()
    await expect(rule.get_by_text("spent")).to_be_visible()
    assert application.at("/number/") == []
    await page.get_by_role("tab", name="Webhooks").click()
    await expect(page.locator("#webhooks .entry", has_text="/number/")).to_contain_text("lost")


async def test_somebody_answers_by_hand_with_nothing_but_the_keyboard(page, twilio, application):
    application.says("/voice/", "<Dial><Client>dana</Client></Dial>")
    await page.get_by_label("Address that I answer for").fill("client:dana")
    await page.keyboard.press("Enter")
    await expect(page.locator("#mine-list")).to_contain_text("client:dana")
    await page.get_by_label("I call from").focus()
    await page.keyboard.press("Enter")
    bell = page.get_by_role("region", name="It rings")
    await expect(page.locator("#calls .leg").first).to_contain_text("Dials client:dana")
    await expect(page.locator("#webhooks .entry").first).to_contain_text(f"+14155550123 → {NUMBER}")
    await bell.get_by_role("button", name="Answer").press("Enter")
    hand = page.get_by_role("region", name="The leg in hand")
    await expect(hand.get_by_role("heading", name="client:dana")).to_be_visible()
    await expect(hand.get_by_text("Talking")).to_be_visible()
    await expect(bell).to_have_count(0)

    legs = page.locator("#calls .leg")
    await expect(legs).to_have_count(2)
    await page.locator("#calls .leg[tabindex='0']").focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("Enter")
    await expect(hand.get_by_role("heading", name="+14155550123")).to_be_visible()
    await hand.get_by_role("button", name="Hang up").press("Enter")
    await expect(page.locator("#calls .leg.over")).to_have_count(2)
    # Of what is over it says how long it lasted.
    await expect(page.locator("#calls .leg.over .time[data-since]")).to_have_count(0)


async def test_under_just_ended_the_last_to_end_comes_first(page, twilio, application):
    application.says("/voice/", '<Pause length="600"/>')
    first, second = (twilio.ring(from_=caller, to=NUMBER)["sid"] for caller in ("+14155550701", "+14155550702"))
    for sid in (second, first):
        twilio.hang_up(sid)
        twilio.eventually(lambda sid=sid: twilio.call(sid)["over"])
    await expect(page.locator("#calls .leg.over").nth(0)).to_contain_text("+14155550701")
    await expect(page.locator("#calls .leg.over").nth(1)).to_contain_text("+14155550702")


async def test_somebody_calls_as_somebody_else(page, twilio, application):
    await page.get_by_text("What I do by myself").click()
    await page.get_by_role("combobox", name="I am").select_option("angry caller")
    await page.get_by_role("button", name="Ring", exact=True).click()
    await expect(page.locator("#calls .leg")).to_have_count(1)
    assert twilio.calls()[0]["persona"] == "angry caller"


async def test_somebody_has_a_scenario_played_and_stops_it(page, twilio, application):
    await page.get_by_role("combobox", name="Scenario").select_option("distressed-caller")
    await page.get_by_role("button", name="Play", exact=True).click()
    await page.get_by_role("button", name="Stop: A distressed caller").click()
    await expect(page.locator("#plays-list li")).to_have_count(0)
    assert twilio.get("/sim/scenario")["playing"] == []


async def test_what_applications_and_callers_write_is_text(page, twilio, application):
    application.says("/voice/", "<Gather timeout='600'><Say>&lt;img src=x onerror=alert(1)&gt;</Say></Gather>")
    twilio.ring(from_=f"client:{NASTY}", to=NUMBER)
    leg = page.locator("#calls .leg")
    await expect(leg).to_contain_text(NASTY)
    await expect(leg).to_contain_text("<img src=x onerror=alert(1)>")
    await leg.click()
    await page.locator("#webhooks summary").first.click()
    await expect(page.locator("#webhooks .opened").first).to_contain_text(NASTY)
    assert await page.locator("main img").count() == 0


async def test_five_hundred_calls_and_only_what_changes_is_drawn(page, twilio, application):
    application.says("/voice/", "<Say>Hello.</Say><Pause length='3600'/>")
    sids = [twilio.ring(from_=f"+1415555{n:04}", to=NUMBER)["sid"] for n in range(500)]
    twilio.eventually(lambda: all(len(call["heard"]) == 2 for call in twilio.calls()), within=patience(60))
    await page.reload()
    await expect(page.locator("#calls .leg")).to_have_count(500, timeout=patience(30) * 1000)
    await page.evaluate(
        """() => {
            window.drawn = new Set();
            new MutationObserver((all) => all.forEach((one) => {
                const node = one.target.nodeType === 1 ? one.target : one.target.parentElement;
                if (node && !node.closest('.time')) window.drawn.add(node.closest('.leg')?.dataset.sid ?? 'list');
            })).observe(document.querySelector('#calls .list'), {childList: true, subtree: true, characterData: true});
        }"""
    )
    twilio.hang_up(sids[250])
    ended = page.locator(f"#calls .leg.over[data-sid={sids[250]}]")
    await expect(ended).to_have_count(1, timeout=patience(30) * 1000)
    assert await page.evaluate("[...window.drawn].sort()") == sorted(["list", sids[250]])


@pytest.mark.parametrize("width", [1440, 1024, 390])
async def test_it_fits_its_window(page, twilio, width):
    await page.set_viewport_size({"width": width, "height": 800})
    await expect(page.get_by_text("Pretend network: nobody here is real")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == width


async def test_it_says_so_when_the_simulator_is_gone(browser: Browser, application):
    with RunningSimulator(numbers=[{"phone_number": NUMBER}]) as simulator:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(simulator.url + "/sim/")
        await expect(page.locator("#pace")).to_contain_text("seed 1")
    await expect(page.locator("#link")).to_have_text(re.compile("No answer since"))
    # The clock does not go on by itself: the page looks at it once a second.
    await page.wait_for_timeout(1500)
    stopped = await page.locator("#clock").text_content()
    await page.wait_for_timeout(1500)
    assert await page.locator("#clock").text_content() == stopped
    await context.close()
