"""What a noun of a <Dial> says: whom to call, where to report, whether to listen for a machine.

Source: https://www.twilio.com/docs/voice/twiml/number, …/client, …/sip
"""

import re

from .. import amd, settings
from ..amd import Detection
from ..calls import EVENTS, Call, CallbackPlan
from ..far_ends import SCHEME, Destination
from ..stage import Stage
from ..twiml import Verb

PREFIX = {"Number": "", "Client": "client:", "Sip": "", "WhatsApp": "whatsapp:", "Sim": "sim:", "Application": SCHEME}
# REST's words for what must not be called, and the debugger's of a <Dial>.
BARRED = {code: 13224 for code in settings.BARRED} | {21203: 13227, 21215: 13227, 21216: 13225}
NUMBER = re.compile(r"\+?[0-9]{3,15}")


def people(stage: Stage, nouns: list[Verb]) -> list[Verb]:
    """Those that can be called."""
    return [noun for noun in nouns if _is_known(stage, noun) and _is_callable(stage, noun)]


def address_of(noun: Verb) -> str:
    """As the child's To has it."""
    return PREFIX[noun.name] + _address(noun)


def application(stage: Stage, noun: Verb) -> Destination:
    """Which TwiML application a noun means, and what it is told. Source: …/docs/voice/twiml/dial/application"""
    sid = _address(noun)
    parameters = tuple((one.get("name"), one.get("value")) for one in noun.nouns if one.name == "Parameter")
    customer = ("CustomerId", noun.get("customerId") or stage.exchange.settings.account_sid)
    to = stage.call.to if noun.flag("copyParentTo") else sid
    return Destination(sid, to, (customer, *parameters))


def callback(stage: Stage, noun: Verb) -> CallbackPlan | None:
    if not noun.get("statusCallback"):
        return None
    events = noun.get("statusCallbackEvent", "completed").split()
    if unknown := [event for event in events if event not in EVENTS]:
        stage.note(21626, " ".join(unknown))
    url = stage.document.absolute(noun.get("statusCallback"))
    return CallbackPlan(url, noun.get("statusCallbackMethod", "POST"), frozenset(events))


def detect_machine(stage: Stage, child: Call, noun: Verb) -> None:
    """A noun's detection is always asynchronous. Source: https://www.twilio.com/docs/voice/twiml/number#machinedetection"""
    mode = noun.get("machineDetection")
    if mode not in amd.MODES or noun.name == "Client" or noun.get("sendDigits"):
        return

    def given(name: str) -> str:
        return noun.get(name[0].lower() + name[1:])

    if wrong := amd.wrong_in(given):
        stage.note(21234, wrong)
        return
    if not noun.get("amdStatusCallback"):
        stage.note(21262)
        return
    url = stage.document.absolute(noun.get("amdStatusCallback"))
    callback = CallbackPlan(url, noun.get("amdStatusCallbackMethod", "POST"))
    detection = Detection(mode, amd.seconds_to_decide(given), callback, asynchronous=True)
    amd.detect_beside(stage.exchange, child, detection)


def _is_known(stage: Stage, noun: Verb) -> bool:
    if noun.name not in PREFIX:
        stage.note(12200, f"<{noun.name}> in <Dial> is not known here and was skipped")
    return noun.name in PREFIX


def _is_callable(stage: Stage, noun: Verb) -> bool:
    """A telephone number in international form; spaces, dashes and brackets do not matter (13223). Not a barred one."""
    code = BARRED.get(stage.exchange.barred(address_of(noun)) or 0)
    if noun.name == "Number" and not NUMBER.fullmatch(_address(noun)):
        code = 13223
    if code is not None:
        stage.note(code, noun.text)
    return code is None


def _address(noun: Verb) -> str:
    if noun.name == "Number":
        return re.sub(r"[ ().-]", "", noun.text)
    inside = ("Identity", "Uri", "ApplicationSid")
    named = next((part.text for part in noun.nouns if part.name in inside), noun.text or noun.get("applicationSid"))
    if noun.name == "Sip" and not named.startswith(("sip:", "sips:")):
        return f"sip:{named}"
    return named
