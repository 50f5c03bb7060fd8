"""A simulated Twilio loses callbacks, or its API: the desk heals, or says that it cannot. Over HTTP, in real time.

The healer's seconds are a thirtieth of the usual ones; the rest is as it runs.
"""

import asyncio
import time
from datetime import datetime

import pytest
import pytest_asyncio

from calls.intake.reconcile.sweep import Seconds
from calls.intake.reconcile.threads import Healer
from calls.live.hub import hub
from calls.models import Agent, Call, Leg, Line, Sweep
from calls.models.board import turn_epoch
from calls.twilio import gateway
from simulator.testing import RunningSimulator
from tests.conftest import ACCOUNT
from tests.guards import SOAK, patience
from tests.live.conftest import eventually
from tests.live.people import NUMBERS
from tests.live.reducer import whole

pytestmark = pytest.mark.asyncio
QUICK = Seconds(interval=1.0, answer=1.0, doubt=1.5, again=0.2)


@pytest_asyncio.fixture
async def twilio(here, settings):
    """It calls this server, and this server asks it."""
    settings.PUBLIC_URL = here.url
    doors = {"voice_url": f"{here.url}/twilio/voice/", "status_callback": f"{here.url}/twilio/status/"}
    number = {"phone_number": NUMBERS[0], **doors}
    with RunningSimulator(account_sid=ACCOUNT, auth_token="token-now", numbers=[number], speed=20) as simulator:
        settings.TWILIO_API_URL = simulator.url
        gateway._client.cache_clear()
        await asyncio.to_thread(nobody_but_dana)
        yield simulator
    gateway._client.cache_clear()


def nobody_but_dana() -> None:
    """The floor of this fixture talks by itself; here only those are on the telephone whom Twilio knows."""
    Call.objects.all().delete()
    Sweep.objects.all().delete()
    line = Line.objects.select_related("team").get(address=NUMBERS[0])
    agent = Agent.objects.create(name="Dana's Ana", contact="client:dana.ana", state=Agent.State.AVAILABLE)
    Agent.objects.exclude(pk=agent.pk).update(state=Agent.State.OFFLINE)
    line.team.agents.add(agent)
    turn_epoch()


@pytest_asyncio.fixture
async def healer(twilio):
    healer = Healer()
    healer.ensure_started(seconds=QUICK)
    yield healer
    await asyncio.to_thread(healer.stop)


async def in_a_call(twilio, desk) -> str:
    """Dana phones in and Ana picks up; returns the caller's SID."""
    leg = await asyncio.to_thread(twilio.ring, from_="+14155550123", to=NUMBERS[0])
    await eventually(lambda: [call["status"] for call in desk.board.calls.values()] == ["talking"], 15)
    return leg["sid"]


def floor_of(desk) -> dict:
    heads = [message for message in desk.heard if message["op"] == "head"]
    return heads[-1]["floor"] if heads else {}


@pytest.mark.load
async def test_who_hangs_up_unheard_leaves_the_desk_in_time(here, twilio, healer):
    """Ninety seconds are three comparisons; here three."""
    async with here.at_a_desk(here.people.users[0]) as desk:
        sid = await in_a_call(twilio, desk)
        await asyncio.to_thread(twilio.post, "/sim/faults", callbacks={"lost": 1.0})
        await asyncio.to_thread(twilio.hang_up, sid)
        began = time.monotonic()
        await eventually(lambda: not desk.board.calls, 3 * QUICK.interval + 2)
        took = time.monotonic() - began
        last = whole([message for message in desk.heard if message["op"] == "frame"][-1]["calls"][-1])
        # Of the caller's end the request after the <Dial> told; of the agent's nobody did.
        assert [leg["healed"] for leg in last["legs"]] == [leg["sid"] != sid for leg in last["legs"]]
        truth = await asyncio.to_thread(twilio.call, sid)
        for _ in range(100):
            leg = await asyncio.to_thread(Leg.objects.get, pk=sid)
            if leg.duration is not None:
                break
            await asyncio.sleep(0.1)
        assert (leg.status, leg.duration) == (truth["status"], truth["duration"])
        asked = await asyncio.to_thread(twilio.asked)
        print(f"healed {took:.1f} s after the end with comparisons every {QUICK.interval:g} s; {len(asked)} requests")


@pytest.mark.load
async def test_a_call_of_which_no_callback_ever_comes_is_on_the_desk_and_leaves_it(here, twilio, healer):
    await asyncio.to_thread(twilio.post, "/sim/faults", callbacks={"lost": 1.0})
    async with here.at_a_desk(here.people.users[0]) as desk:
        sid = await in_a_call(twilio, desk)
        await asyncio.to_thread(twilio.hang_up, sid)
        await eventually(lambda: not desk.board.calls, 3 * QUICK.interval + 2)


@pytest.mark.load
@pytest.mark.parametrize("what", ["silent_before", "503", "reset_before"] if SOAK else ["silent_before"])
async def test_when_the_api_goes_away_every_desk_hears_of_it_and_of_its_return(here, twilio, healer, what):
    """45 seconds at thirty a comparison: that, the doubt, and what the tail and the heartbeat add."""
    async with here.at_a_desk(here.people.users[0]) as desk:
        await in_a_call(twilio, desk)
        await eventually(lambda: floor_of(desk).get("swept_at") is not None)
        assert floor_of(desk)["provider"] == "ok" and floor_of(desk)["callback_at"] is not None
        await asyncio.to_thread(twilio.post, "/sim/faults", rest=[{"what": what}])
        began = time.monotonic()
        worst = QUICK.interval + QUICK.doubt + QUICK.answer + 1 + 2
        await eventually(lambda: floor_of(desk)["provider"] == "down", worst)
        took, since = time.monotonic() - began, floor_of(desk)["since"]
        assert datetime.fromisoformat(since).tzinfo is not None
        await eventually(lambda: [call["unverified_since"] for call in desk.board.calls.values()] == [since])
        assert hub.live, "our own line is as good as ever"
        await asyncio.to_thread(twilio.post, "/sim/faults")
        await eventually(lambda: floor_of(desk)["provider"] == "ok", 40)
        await eventually(lambda: [call["unverified_since"] for call in desk.board.calls.values()] == [None])
        print(f"{what}: said after {took:.1f} s of at most {worst:g}")


@pytest.mark.load
async def test_a_server_with_its_healer_starts_compares_and_stops_at_once(here, twilio, settings):
    """The application as it is run, and Ctrl-C."""
    from tests.live.server import Server

    asked = len(await asyncio.to_thread(twilio.asked))
    server = Server(heals=True, TWILIO_API_URL=twilio.url)
    try:
        await asyncio.to_thread(server.start)
        await eventually(lambda: len(twilio.asked()) >= asked + 3, 5)
        began = time.monotonic()
        await asyncio.to_thread(server.stop)
        assert time.monotonic() - began < patience(4)
        assert server.tracebacks() == []
    finally:
        server.kill()
        server.log.unlink()
