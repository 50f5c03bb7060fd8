"""Requests as Twilio puts them on the wire, signed as its documentation says: without our code and without the SDK."""

import asyncio
import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha1
from io import BytesIO
from typing import Any, Self
from urllib.parse import unquote, urlencode

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse

from calls.twilio.reports import Report, Source
from calls.twilio.signature import TwilioRequest, from_twilio
from tests.intake.teller import ACCOUNT, TWIML_DOORS

PUBLIC_URL = "https://desk.example"
TOKEN, NEXT_TOKEN = "token-now", "token-next"
KEYS = {"webhooks_sharedkey_1": "shared-secret"}
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
Pairs = Sequence[tuple[str, str]]


def sign(url: str, pairs: Pairs = (), *, token: str = TOKEN, hashed: Any = sha1) -> str:
    """https://www.twilio.com/docs/usage/security: the address, then each name and value in order."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashed).digest()).decode()


@dataclass(frozen=True)
class Wire:
    """One HTTP request."""

    body: bytes = b""
    path: str = "/twilio/status/"
    query: str = ""
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()

    def but(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def with_header(self, name: str, value: str) -> Self:
        kept = tuple(pair for pair in self.headers if pair[0] != name.lower())
        return replace(self, headers=(*kept, (name.lower(), value)))

    def without(self, name: str) -> Self:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0] != name.lower()))

    def signed(self, pairs: Pairs, *, base: str = PUBLIC_URL, **how: Any) -> Self:
        url = base + self.path + (f"?{self.query}" if self.query else "")
        return self.with_header("X-Twilio-Signature", sign(url, pairs, **how))


def post(pairs: Pairs, path: str = "/twilio/status/", query: str = "", **how: Any) -> Wire:
    """A request as Twilio sends it."""
    wire = Wire(urlencode(pairs).encode(), path, query, headers=(("content-type", FORM),))
    return wire.signed(pairs, **how)


RINGING = (
    ("AccountSid", ACCOUNT),
    ("ApiVersion", "2010-04-01"),
    ("CallSid", "CA0123456789abcdef0123456789abcdef"),
    ("CallStatus", "ringing"),
    ("Direction", "outbound-api"),
    ("From", "+15005550100"),
    ("SequenceNumber", "1"),
    ("Timestamp", "Fri, 02 Oct 2026 14:00:03 +0000"),
    ("To", "client:ana"),
)


def request_of(wire: Wire) -> ASGIRequest:
    scope = {
        "type": "http",
        "method": wire.method,
        "path": unquote(wire.path),
        "raw_path": wire.path.encode("latin-1", "replace"),
        "query_string": wire.query.encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in wire.headers],
        "client": ("203.0.113.7", 40000),
        "server": ("127.0.0.1", 8000),
    }
    return ASGIRequest(scope, BytesIO(wire.body))


def door_of(name: str) -> Callable[[Wire], tuple[int, str, Report | None]]:
    """A door that answers 204 when it opens. Gives the status, what was said, and the report that came through."""
    source = Source.TWIML if name in TWIML_DOORS else Source.CALLBACK
    methods = ("GET", "POST") if source is Source.TWIML else ("POST",)

    @from_twilio(name, source, methods)
    async def view(request: TwilioRequest) -> HttpResponse:
        return HttpResponse(status=204)

    def knock(wire: Wire) -> tuple[int, str, Report | None]:
        request = request_of(wire)
        response = at_once(view(request))
        return response.status_code, response.content.decode(), getattr(request, "report", None)

    return knock


def at_once(answer: Any) -> Any:
    """The result of a coroutine that waits for nothing (a loop for each of thousands would be most of the time)."""
    try:
        answer.send(None)
    except StopIteration as done:
        return done.value
    answer.close()
    return asyncio.run(answer)
