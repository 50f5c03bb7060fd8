"""One simulator for all tests of this folder, as new for each; an application of its own for each test."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from simulator.testing import RunningSimulator

from .application import Application
from .sockets import Sockets

ACCOUNT = "AC" + "5" * 32
TOKEN = "the-primary-token"
KEY, SECRET = "SK" + "6" * 32, "the-key's-secret"
NUMBER = "+15005550100"
CALLER = "+14155550123"
STAY = "<Say>One moment.</Say><Pause length='3600'/>"  # a pause alone would not answer the call


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSimulator]:
    with RunningSimulator(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        api_keys={KEY: SECRET},
        numbers=[{"phone_number": NUMBER, "friendly_name": "Billing"}],
        speed=100,
        seed="7",
    ) as simulator:
        yield simulator


@pytest.fixture
def application() -> Iterator[Application]:
    application = Application()
    application.says("/voice/", "<Pause length='3600'/>")
    yield application
    application.close()


@pytest.fixture
def client(running: RunningSimulator) -> Client:
    """The official library, with nothing changed but where it knocks."""
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = running.url
    return client


@pytest.fixture
def twilio(running: RunningSimulator, application: Application, client: Client) -> Iterator[RunningSimulator]:
    running.post("/sim/reset", seed="7")
    number = client.incoming_phone_numbers.list(phone_number=NUMBER)[0]
    number.update(voice_url=f"{application.url}/voice/", status_callback=f"{application.url}/number/")
    yield running
    faults = [note for note in running.truth()["notes"] if note["code"] == 0]
    running.post("/sim/reset")
    assert faults == []
    validator = RequestValidator(TOKEN)
    for asked in application.asked:
        url = application.url + asked.path + (f"?{asked.query}" if asked.query else "")
        form = asked.params if asked.method == "POST" else {}
        assert validator.validate(url, form, asked.headers["x-twilio-signature"]), asked


@pytest.fixture
def base(twilio: RunningSimulator) -> str:
    return f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}"


@pytest.fixture
def look(base: str):
    """GET of the REST API, as it comes over the wire."""
    return lambda path="Calls", **how: requests.get(f"{base}/{path}.json", auth=(ACCOUNT, TOKEN), timeout=5, **how)


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    sockets = Sockets()
    yield sockets
    sockets.close()


@pytest.fixture
def live(twilio: RunningSimulator, application: Application, client: Client):
    """A caller who is on the line; returns the resource of their call."""

    def ring(*verbs, **script):
        application.says("/voice/", *(verbs or (STAY,)))
        sid = twilio.ring(from_=CALLER, to=NUMBER, **script)["sid"]
        twilio.eventually(lambda: twilio.call(sid)["status"] == "in-progress")
        return client.calls(sid)

    return ring


@pytest.fixture
def talking(twilio: RunningSimulator, application: Application, client: Client):
    """A caller who talks with dana: the two legs' SIDs, the caller's first."""

    def connect(**script: object) -> tuple[str, str]:
        application.says("/voice/", dial(application, "<Client {}>dana</Client>"))
        caller = twilio.ring(from_=CALLER, to=NUMBER, **script)["sid"]
        twilio.eventually(lambda: twilio.call(caller)["connected"])
        (child,) = client.calls.list(parent_call_sid=caller)
        return caller, child.sid

    return connect


def dial(application: Application, *nouns: str, **attributes: str) -> str:
    """A <Dial> whose nouns report everything (at the place of {}) to /status/ and whose action is /after/."""
    report = f'statusCallback="{application.url}/status/" statusCallbackEvent="initiated ringing answered completed"'
    given = " ".join(f'{name}="{value}"' for name, value in {"action": "/after/", **attributes}.items())
    return f"<Dial {given}>{''.join(noun.format(report) for noun in nouns)}</Dial>"


def let_pass(twilio: RunningSimulator, seconds: float) -> None:
    """Waits until so many simulated seconds are over."""

    def now() -> datetime:
        return datetime.fromisoformat(twilio.truth()["now"])

    until = now() + timedelta(seconds=seconds)
    twilio.eventually(lambda: now() >= until)


def refusal(ask) -> tuple[int, int]:
    """The HTTP status and Twilio's code that a request of the official library is refused with."""
    with pytest.raises(TwilioRestException) as refused:
        ask()
    return refused.value.status, refused.value.code
