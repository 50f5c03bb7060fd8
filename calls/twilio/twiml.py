"""What callers hear, as TwiML. Pure: everything comes in as an argument and leaves through the SDK's builder."""

import re
from urllib.parse import urlencode

from twilio.twiml.voice_response import Dial, VoiceResponse

# Asked of Twilio with every address: try again three times, also on a server error (twilio.com/docs/usage/webhooks/
# webhooks-connection-overrides). What follows # is neither sent nor signed.
OVERRIDE = "#rc=3&rp=ct,rt,5xx"
# The builder escapes markup but lets through what no XML parser accepts, and an unreadable document (error 12100)
# ends the call.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_SPOKEN = 1_000  # characters
PROGRESS = "initiated ringing answered completed"


def absolute(public_url: str, path: str, **query: object) -> str:
    """An address of ours as Twilio is given it: public, with what belongs into the signature, and the override."""
    return public_url + path + ("?" + urlencode(query) if query else "") + OVERRIDE


def spoken(text: str) -> str:
    return NOT_XML.sub("", text)[:LONGEST_SPOKEN]


def greeting(text: str, *, then: str) -> str:
    response = VoiceResponse()
    response.say(spoken(text))
    response.redirect(then)
    return str(response)


def ring(contact: str, *, action: str, status: str, seconds: int) -> str:
    """Ring one agent; what comes after is asked at `action`. `contact` is client:, sip: or +E164."""
    response = VoiceResponse()
    dial = Dial(action=action, timeout=seconds)
    progress = {"status_callback": status, "status_callback_event": PROGRESS}
    if contact.startswith("client:"):
        dial.client(contact.removeprefix("client:"), **progress)
    elif contact.startswith("sip:"):
        dial.sip(contact, **progress)
    else:
        dial.number(contact, **progress)
    response.append(dial)
    return str(response)


def go_on(url: str) -> str:
    response = VoiceResponse()
    response.redirect(url)
    return str(response)


def goodbye(text: str) -> str:
    response = VoiceResponse()
    response.say(spoken(text))
    response.hangup()
    return str(response)
