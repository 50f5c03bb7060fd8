"""The parameters that go with every request about a call.

Source: https://www.twilio.com/docs/voice/twiml#request-parameters and
https://www.twilio.com/docs/voice/api/call-resource#statuscallback.
"""

import json
import math
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from .calls import Call

if TYPE_CHECKING:
    from .exchange import Exchange

TOKEN = re.compile(r'"parentCallInfoToken": ?"simulated\.(CA[0-9a-f]{32})\.token"')
STATUS_OF_EVENT = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


def about(call: Call, account_sid: str) -> list[tuple[str, str]]:
    """What Twilio tells of a call in a request for TwiML."""
    named = [
        ("CallSid", call.sid),
        ("AccountSid", account_sid),
        ("ApiVersion", "2010-04-01"),
        ("From", call.from_),
        ("Caller", call.from_),
        ("To", call.to),
        ("Called", call.to),
        ("CallStatus", call.status),
        ("Direction", call.direction),
    ]
    for names, address in ((("From", "Caller"), call.from_), (("To", "Called"), call.to)):
        named += [pair for name in names for pair in _place(name, address)]
    if call.forwarded_from:
        named.append(("ForwardedFrom", call.forwarded_from))
    if call.caller_name and call.number is not None and call.number.voice_caller_id_lookup:
        named.append(("CallerName", call.caller_name))
    if call.parent is not None:
        named.append(("ParentCallSid", call.parent.sid))
    if call.direction == "inbound" and call.from_.startswith("+"):
        named += [("StirVerstat", "TN-Validation-Passed-A"), ("CallToken", _call_token(call))]
    if call.direction == "inbound" and call.from_.startswith("sip:"):
        domain = call.to.partition("@")[2] or call.from_.partition("@")[2]
        named += [("SipCallId", f"{call.sid[2:]}@simulator"), ("SipDomain", domain), ("SipSourceIp", "127.0.0.1")]
    return named


def ending(call: Call) -> list[tuple[str, str]]:
    """What a call's last report adds: CallDuration in seconds, Duration in minutes begun."""
    seconds = call.duration or 0
    return [("CallDuration", str(seconds)), ("Duration", str(math.ceil(seconds / 60)))]


def _place(name: str, address: str) -> list[tuple[str, str]]:
    # Only telephone numbers have a place; a client or SIP address has none of these fields.
    if not address.startswith("+"):
        return []
    country = "US" if address.startswith("+1") else ""
    return [(f"{name}City", ""), (f"{name}State", ""), (f"{name}Zip", ""), (f"{name}Country", country)]


def caller_of(exchange: "Exchange", call_token: str) -> str | None:
    """Whose call a CallToken of ours is from: a call may be passed on with their number.

    Source: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource (CallToken)
    """
    named = TOKEN.search(unquote(call_token))
    call = exchange.calls.get(named[1]) if named else None
    return call.from_ if call is not None else None


def _call_token(call: Call) -> str:
    token = json.dumps({"parentCallInfoToken": f"simulated.{call.sid}.token", "identityHeaderTokens": []})
    return quote(token, safe="")
