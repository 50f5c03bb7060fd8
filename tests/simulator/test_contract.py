"""Every operation that the simulator offers, against Twilio's own description of it: parameters, statuses, answers."""

import json
import re
from pathlib import Path

import pytest
import requests

from simulator.rest.known import KNOWN, OPERATIONS, OWN_OF_LISTS, operation, unknown

from . import contract
from .conftest import ACCOUNT, CALLER, NUMBER, STAY, TOKEN

pytestmark = pytest.mark.skipif(
    not contract.DESCRIPTION.exists(), reason=f"NOT CHECKED: there is no {contract.DESCRIPTION.name} beside the project"
)

CALLEE = "+14155550188"
# A request that a test below makes, as its source has it.
ASKING = re.compile(r'\bask\(\s*"(GET|POST|DELETE)",\s*(?:f?"([^"?]+)|(place)\b)')
KINDS = ("Streams", "Siprec", "Transcriptions")


class Asking:
    """Asks, and holds the answer against the description."""

    def __init__(self, twilio):
        self._base = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}"

    def __call__(self, method: str, path: str, **form: str):
        path, _, query = path.partition("?")
        url = f"{self._base}/{path}.json?{query}"
        response = requests.request(method, url, auth=(ACCOUNT, TOKEN), data=form, timeout=5)
        known = operation(method, path.split("/"))
        body = json.loads(response.content) if response.content else None
        wrong = contract.wrong_with(contract.operations()[known], response.status_code, body)
        assert wrong == [], (known, body)
        return body


@pytest.fixture
def ask(twilio):
    return Asking(twilio)


@pytest.fixture
def caller(twilio, application):
    application.says("/voice/", STAY)
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["heard"])
    return sid


@pytest.mark.parametrize("known", sorted(KNOWN), ids=" ".join)
def test_every_parameter_is_known(known):
    described = contract.parameters(contract.operations()[known])
    assert unknown(known[0], known[1].split("/"), sorted(described)) == []
    assert set(KNOWN[known].split()) <= described


def test_every_operation_on_what_there_is_here_is_offered():
    here = {path for _, path in OPERATIONS}
    assert {key for key in contract.operations() if key[1] in here} == OPERATIONS


def test_every_operation_is_asked_below():
    asked = set()
    for method, path, place in ASKING.findall(Path(__file__).read_text()):
        path = (path or f"{{{place}}}").replace("{place}", "Conferences/{room}")
        for kind in KINDS if "{kind}" in path else ("",):
            asked.add(operation(method, path.replace("{kind}", kind).split("/")))
    assert asked >= OPERATIONS


def test_which_operations_have_parameters_is_told_rightly():
    described = contract.operations()
    assert {key for key in OPERATIONS if contract.parameters(described[key]) - {*OWN_OF_LISTS.split()}} == set(KNOWN)


def test_the_account(twilio):
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}.json"
    answer = requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5)
    assert contract.wrong_with(contract.account(), answer.status_code, answer.json()) == []


def test_calls(ask, twilio, application, caller):
    """Created, changed, listed, looked at from all sides, deleted."""
    made = ask(
        "POST",
        "Calls",
        To=CALLEE,
        From=NUMBER,
        Url=f"{application.url}/voice/",
        Record="true",
        MachineDetection="Enable",
        Timeout="30",
    )
    twilio.eventually(lambda: ask("GET", f"Calls/{made['sid']}")["status"] == "in-progress")
    twilio.eventually(lambda: ask("GET", f"Calls/{made['sid']}")["answered_by"] == "human")
    twilio.eventually(lambda: ask("GET", f"Calls/{made['sid']}/Events")["events"])
    assert [one["sid"] for one in ask("GET", "Calls?Status=in-progress&PageSize=1")["calls"]] == [made["sid"]]
    ask("POST", f"Calls/{made['sid']}", Twiml="<Response><Hangup/></Response>")
    twilio.eventually(lambda: ask("GET", f"Calls/{made['sid']}")["status"] == "completed")
    ask("GET", f"Calls/{caller}/Notifications")
    ask("DELETE", f"Calls/{made['sid']}")


def test_notifications(ask, twilio, application):
    application.says("/voice/", f"<Shout/>{STAY}")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    (note,) = twilio.eventually(lambda: ask("GET", f"Calls/{sid}/Notifications")["notifications"])
    ask("GET", f"Calls/{sid}/Notifications/{note['sid']}")
    ask("GET", "Notifications?Log=1")
    ask("GET", f"Notifications/{note['sid']}")


def test_recordings_of_a_call(ask, twilio, caller):
    made = ask("POST", f"Calls/{caller}/Recordings", RecordingChannels="dual", Trim="do-not-trim")
    ask("POST", f"Calls/{caller}/Recordings/Twilio.CURRENT", Status="paused", PauseBehavior="skip")
    ask("GET", f"Calls/{caller}/Recordings")
    ask("GET", f"Calls/{caller}/Recordings/{made['sid']}")
    ask("GET", f"Recordings?CallSid={caller}")
    ask("POST", f"Calls/{caller}/Recordings/{made['sid']}", Status="stopped")
    twilio.eventually(lambda: ask("GET", f"Recordings/{made['sid']}")["status"] in ("completed", "absent"))
    ask("DELETE", f"Recordings/{made['sid']}")
    again = ask("POST", f"Calls/{caller}/Recordings")
    ask("POST", f"Calls/{caller}/Recordings/{again['sid']}", Status="stopped")
    ask("DELETE", f"Calls/{caller}/Recordings/{again['sid']}")


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("Streams", {"Url": "ws://127.0.0.1:9/", "Name": "one", "Parameter1.Name": "a", "Parameter1.Value": "b"}),
        ("Siprec", {"Name": "one", "ConnectorName": "recorder"}),
        ("Transcriptions", {"Name": "one", "LanguageCode": "de-DE"}),
    ],
)
def test_forks(ask, twilio, application, caller, kind, form):
    made = ask("POST", f"Calls/{caller}/{kind}", **form)
    if kind != "Streams":  # nobody answers at that address: it is over before it can be stopped
        assert ask("POST", f"Calls/{caller}/{kind}/one", Status="stopped")["sid"] == made["sid"]


def test_a_stream_is_stopped(ask, twilio, caller, sockets):
    ask("POST", f"Calls/{caller}/Streams", Url=sockets.url, Name="one")
    twilio.eventually(lambda: sockets.frames)
    ask("POST", f"Calls/{caller}/Streams/one", Status="stopped")


def test_conferences(ask, twilio, application):
    application.says("/voice/", "<Dial><Conference record='record-from-start'>r</Conference></Dial>")
    first = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(first)["conference_sid"])
    added = ask("POST", "Conferences/r/Participants", To=CALLEE, From=NUMBER, Label="agent", Beep="false")
    (room,) = ask("GET", "Conferences?FriendlyName=r")["conferences"]
    place = f"Conferences/{room['sid']}"
    twilio.eventually(lambda: ask("GET", place)["status"] == "in-progress")
    ask("GET", f"{place}/Participants?Muted=false")
    ask("GET", f"{place}/Participants/agent")
    ask("POST", f"{place}/Participants/{added['call_sid']}", Muted="true", Hold="true")
    (recording,) = ask("GET", f"{place}/Recordings")["recordings"]
    ask("GET", f"{place}/Recordings/{recording['sid']}")
    ask("POST", f"{place}/Recordings/Twilio.CURRENT", Status="stopped")
    ask("DELETE", f"{place}/Recordings/{recording['sid']}")
    ask("POST", place, AnnounceUrl=f"{application.url}/announce/")
    ask("DELETE", f"{place}/Participants/agent")
    ask("POST", place, Status="completed")
    assert ask("GET", place)["reason_conference_ended"] == "conference-ended-via-api"


def test_queues(ask, twilio, application):
    application.says("/voice/", "<Enqueue>support</Enqueue>")
    sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(sid)["queue"])
    (queue,) = ask("GET", "Queues")["queues"]
    ask("GET", f"Queues/{queue['sid']}")
    ask("POST", f"Queues/{queue['sid']}", MaxSize="5")
    ask("GET", f"Queues/{queue['sid']}/Members")
    ask("GET", f"Queues/{queue['sid']}/Members/{sid}")
    application.says("/out/", STAY)
    ask("POST", f"Queues/{queue['sid']}/Members/Front", Url=f"{application.url}/out/")
    twilio.eventually(lambda: ask("GET", f"Queues/{queue['sid']}")["current_size"] == 0)
    ask("DELETE", f"Queues/{queue['sid']}")
    ask("POST", "Queues", FriendlyName="sales")


def test_applications_and_numbers(ask, twilio, application):
    made = ask("POST", "Applications", FriendlyName="Menu", VoiceUrl=f"{application.url}/voice/")
    ask("GET", "Applications?FriendlyName=Menu")
    ask("GET", f"Applications/{made['sid']}")
    ask("POST", f"Applications/{made['sid']}", VoiceMethod="GET")
    number = ask("POST", "IncomingPhoneNumbers", PhoneNumber="+15005550177", VoiceApplicationSid=made["sid"])
    ask("GET", "IncomingPhoneNumbers")
    ask("GET", f"IncomingPhoneNumbers/{number['sid']}")
    ask("POST", f"IncomingPhoneNumbers/{number['sid']}", VoiceUrl=f"{application.url}/voice/")
    ask("DELETE", f"IncomingPhoneNumbers/{number['sid']}")
    ask("DELETE", f"Applications/{made['sid']}")


def test_what_is_not_known_is_ignored_and_noted(twilio, ask):
    ask("POST", "Queues", FriendlyName="sales", Colour="red")
    assert [note["code"] for note in twilio.truth()["notes"]] == [20001]
