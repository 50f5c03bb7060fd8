"""Dana, a caller, and her telephone: for tests of what is said to her and where she is sent."""

import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit

from calls.models import Action, Leg
from tests.conftest import LINE

DANA = "+14155550177"


class Dana:
    """Her telephone: asks for what it was told to ask for."""

    def __init__(self, twilio, call, rest):
        self.twilio, self.call, self.rest = twilio, call, rest
        self.sid, self.child = call.legs.get(role="caller").pk, call.legs.get(role="agent").pk

    @property
    def leg(self) -> Leg:
        return Leg.objects.get(pk=self.sid)

    @property
    def sent_to(self) -> str:
        """The address that Twilio was last told to get her next document from."""
        return self.rest.asked[-1][1]["Url"]

    def asks(self, url: str, *, sid: str = "", **said: str):
        form = {
            "CallSid": sid or self.sid,
            "CallStatus": "in-progress",
            "From": DANA,
            "To": LINE,
            "Direction": "inbound",
        }
        self.answer = self.twilio.post(path_of(url), form | said)
        assert self.answer.status_code == 200
        return [(verb.tag, (verb.text or "").strip()) for verb in self.document]

    @property
    def document(self):
        return ElementTree.fromstring(self.answer.content)

    def goes_on(self):
        (redirect,) = self.document.findall("Redirect")
        return self.asks(redirect.text)

    @property
    def rung(self):
        (dial,) = self.document.findall("Dial")
        (noun,) = dial
        return dial, noun

    def target_says(self, word: str, sequence: int = 0, sid: str = "") -> str:
        """The one who is rung reports, to the address that the document named."""
        _, noun = self.rung
        sid = sid or self.twilio.sid()
        said = {"ParentCallSid": self.sid, "From": DANA, "To": f"client:{noun.text}", "Direction": "outbound-dial"}
        query = "?" + urlsplit(noun.get("statusCallback")).query
        assert self.twilio.status(sid, word, sequence, query, **said).status_code == 204
        return sid

    def dial_ends(self, how: str, child: str, *, bridged: bool = False):
        dial, _ = self.rung
        said = {"DialCallStatus": how, "DialCallSid": child, "DialBridged": str(bridged).lower()}
        return self.asks(dial.get("action"), **said)


def path_of(url: str) -> str:
    assert url.startswith("http://127.0.0.1:8000/twilio/")
    assert url.endswith("#rc=3&rp=ct,rt,5xx")
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def action() -> Action:
    return Action.objects.latest("requested_at")
