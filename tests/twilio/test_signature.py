"""Who may knock: what Twilio signed comes in, whatever its form; what it did not sign stays out, whatever its form."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from pytest_django import Settings

from calls.twilio import signature
from calls.twilio.reports import Source
from calls.twilio.signature import TwilioRequest, from_twilio
from tests.intake.teller import BEGAN
from tests.twilio.wire import FORM, KEYS, NEXT_TOKEN, PUBLIC_URL, RINGING, TOKEN, Wire, door_of, post, sign

status_door = door_of("status")
voice_door = door_of("voice")
STATUS_URL = f"{PUBLIC_URL}/twilio/status/"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"


# Named cases -----------------------------------------------------------------------------------------------------

SAO_PAULO = (*RINGING, ("FromCity", "São Paulo"), ("FromState", ""), ("Note", " kept  as it is "), ("Note", "twice"))
MULTIPART = b'--b\r\nContent-Disposition: form-data; name="AccountSid"\r\n\r\nAC\r\n--b--\r\n'
WANTED: dict[str, Callable[[], Wire]] = {
    "with the current token": lambda: post(RINGING),
    "with the next token": lambda: post(RINGING, token=NEXT_TOKEN),
    "at an address with a query": lambda: post(RINGING, query="role=agent"),
    "with accents, blanks, empty values and a repeated name": lambda: post(SAO_PAULO),
    "with a parameter that Twilio added last week": lambda: post((*RINGING, ("Zodiac", "Libra"))),
    "without a charset": lambda: post(RINGING).with_header("Content-Type", "application/x-www-form-urlencoded"),
    "with the port in the signed address": lambda: post(RINGING, base="https://desk.example:443"),
    "with a webhook key": lambda: post(RINGING, token=KEYS["webhooks_sharedkey_1"], hashed=sha256).with_header(
        SETTINGS_HEADER, "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    ),
    "with + instead of %20 in the body": lambda: post((*RINGING, ("Note", "a b"))).but(
        body=post((*RINGING, ("Note", "a b"))).body.replace(b"a+b", b"a%20b")
    ),
}
UNWANTED: dict[str, Callable[[], Wire]] = {
    "without a signature": lambda: post(RINGING).without("X-Twilio-Signature"),
    "with an empty signature": lambda: post(RINGING).with_header("X-Twilio-Signature", ""),
    "with a signature of 10 kB": lambda: post(RINGING).with_header("X-Twilio-Signature", "A" * 10_000),
    "with a signature that is no text": lambda: post(RINGING).with_header("X-Twilio-Signature", "\xff\xfe"),
    "with another account's token": lambda: post(RINGING, token="token-of-a-subaccount"),
    "with an empty token": lambda: post(RINGING, token=""),
    "with a token that was promoted away": lambda: post(RINGING, token="token-before"),
    "with two signatures in one header": lambda: post(RINGING).with_header(
        "X-Twilio-Signature", f"{sign(STATUS_URL, RINGING)},{sign(STATUS_URL, RINGING)}"
    ),
    "with blanks around the signature": lambda: post(RINGING).with_header(
        "X-Twilio-Signature", f" {sign(STATUS_URL, RINGING)} "
    ),
    "signed for http": lambda: post(RINGING, base="http://desk.example"),
    "signed for another host": lambda: post(RINGING, base="https://desk.example.evil"),
    "signed for another port": lambda: post(RINGING, base="https://desk.example:8443"),
    "signed for the address without its slash": lambda: post(RINGING, path="/twilio/status").but(
        path="/twilio/status/"
    ),
    "signed for another door": lambda: post(RINGING, path="/twilio/voice/").but(path="/twilio/status/"),
    "signed for the address without the query": lambda: post(RINGING).but(query="role=agent"),
    "signed with the fragment of the address": lambda: post(RINGING).with_header(
        "X-Twilio-Signature", sign(f"{STATUS_URL}#rc=3", RINGING)
    ),
    "with a parameter more": lambda: post(RINGING).but(body=post(RINGING).body + b"&CallDuration=1"),
    "with a parameter less": lambda: post(RINGING).but(body=post(RINGING[:-1]).body),
    "with a value trimmed": lambda: post((*RINGING, ("Note", "a "))).but(body=post((*RINGING, ("Note", "a"))).body),
    "with a form that signs only a part": lambda: post(RINGING[:3]).but(body=post(RINGING).body),
    "of JSON, signed as JSON is": lambda: json_request(),
    "of JSON, signed as a form": lambda: post(RINGING).with_header("Content-Type", "application/json"),
    "of several parts": lambda: (
        post(RINGING).but(body=MULTIPART).with_header("Content-Type", "multipart/form-data; boundary=b")
    ),
    "without a content type": lambda: post(RINGING).without("Content-Type"),
    "in another charset": lambda: post(RINGING).with_header(
        "Content-Type", "application/x-www-form-urlencoded; charset=utf-16"
    ),
    "with an unknown webhook key": lambda: post(RINGING).with_header(
        SETTINGS_HEADER, "key=webhooks_sharedkey_2,algorithm=HMAC_SHA256"
    ),
    "with a webhook key and a weaker algorithm": lambda: post(RINGING, token=KEYS["webhooks_sharedkey_1"]).with_header(
        SETTINGS_HEADER, "key=webhooks_sharedkey_1,algorithm=HMAC_SHA1"
    ),
    "with the auth token under a header that names a key": lambda: post(RINGING, hashed=sha256).with_header(
        SETTINGS_HEADER, "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    ),
    "with a header that names no key": lambda: post(RINGING, token="", hashed=sha256).with_header(
        SETTINGS_HEADER, "algorithm=HMAC_SHA256"
    ),
    "with a header that names two": lambda: post(
        RINGING, token=KEYS["webhooks_sharedkey_1"], hashed=sha256
    ).with_header(SETTINGS_HEADER, "key=x,key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"),
    "with a header of nonsense": lambda: post(RINGING).with_header(SETTINGS_HEADER, "=,=;;%"),
    "with the stronger hash and no header": lambda: post(RINGING, hashed=sha256),
}


def json_request() -> Wire:
    body = json.dumps(dict(RINGING)).encode()
    wire = Wire(body, query=f"bodySHA256={sha256(body).hexdigest()}", headers=(("content-type", "application/json"),))
    return wire.signed([])


@pytest.mark.parametrize("name", WANTED)
def test_a_signed_request_comes_in(name: str) -> None:
    status, _, report = status_door(WANTED[name]())
    assert (status, report and report.status) == (204, "ringing")


@pytest.mark.parametrize("name", UNWANTED)
def test_an_unsigned_request_stays_out(name: str) -> None:
    assert status_door(UNWANTED[name]()) == (403, "", None)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", ""])
def test_a_callback_is_a_post(method: str) -> None:
    wire = Wire(method=method, query=post(RINGING).body.decode()).signed([])
    assert status_door(wire)[::2] == (405 if method != "post" else 403, None)  # Django spells methods in capitals


@pytest.mark.parametrize(
    "signed_for, comes_in",
    [("https://desk.example:8443", True), ("https://desk.example", True), ("https://desk.example:443", False)],
)
def test_a_port_in_our_address_may_be_left_out_by_twilio(settings: Settings, signed_for: str, comes_in: bool) -> None:
    settings.PUBLIC_URL = "https://user:pass@desk.example:8443"
    assert status_door(post(RINGING, base=signed_for))[0] == (204 if comes_in else 403)


def test_a_document_may_be_fetched_by_get() -> None:
    wire = Wire(path="/twilio/voice/", method="GET", query=f"step=hold&{post(RINGING).body.decode()}").signed([])
    status, _, report = voice_door(wire)
    assert status == 204 and report is not None
    assert (report.step, report.url, report.status) == ("hold", "/twilio/voice/?step=hold", "ringing")
    assert voice_door(wire.but(query=wire.query + "&CallDuration=1"))[0] == 403
    assert voice_door(wire.but(query=wire.query.replace("step=hold", "step=menu")))[0] == 403


def test_a_secret_taken_out_of_the_settings_opens_no_door_any_more(settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKENS = [NEXT_TOKEN]
    assert status_door(post(RINGING, token=TOKEN))[0] == 403
    assert status_door(post(RINGING, token=NEXT_TOKEN))[0] == 204
    settings.TWILIO_AUTH_TOKENS = []
    assert status_door(post(RINGING, token=NEXT_TOKEN))[0] == 403
    settings.TWILIO_AUTH_TOKENS = [""]
    assert status_door(post(RINGING, token=""))[0] == 403


# Views -----------------------------------------------------------------------------------------------------------


def view(request: TwilioRequest, word: str = "") -> HttpResponse:
    """A view."""
    return HttpResponse(f"{request.report.status} {word}")


async def async_view(request: TwilioRequest, word: str = "") -> HttpResponse:
    return view(request, word)


def test_a_view_for_twilio_needs_no_session_and_no_token_of_a_form() -> None:
    for plain in (view, async_view):
        door = from_twilio("status", Source.CALLBACK)(plain)
        assert (door.csrf_exempt, door.login_required) == (True, False)  # type: ignore[attr-defined]
        assert door.__name__ == plain.__name__
        assert iscoroutinefunction(door) == iscoroutinefunction(plain)


@pytest.mark.parametrize("name", ["X-Twilio-Signature", "x-twilio-signature", "X-TWILIO-SIGNATURE"])
def test_sync_and_async_views_get_the_report(name: str) -> None:
    wire = post(RINGING)
    headers = {name: dict(wire.headers)["x-twilio-signature"]}
    for factory, door in (
        (RequestFactory(), from_twilio("status", Source.CALLBACK)(view)),
        (AsyncRequestFactory(), async_to_sync(from_twilio("status", Source.CALLBACK)(async_view))),
    ):
        come_in = factory.post("/twilio/status/", wire.body.decode(), content_type=FORM, headers=headers)
        assert door(come_in, word="heard").content == b"ringing heard"
        stay_out = factory.post("/twilio/status/", wire.body.decode() + "0", content_type=FORM, headers=headers)
        assert (door(stay_out).status_code, door(stay_out).content) == (403, b"")


def test_a_broken_setting_closes_the_door(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.TWILIO_AUTH_TOKENS = None
    assert status_door(post(RINGING))[0] == 403
    del settings.PUBLIC_URL
    assert status_door(post(RINGING))[0] == 403


def test_what_twilio_signed_and_we_cannot_read_gets_the_reason() -> None:
    status, said, report = status_door(post([*RINGING, ("ParentCallSid", "CA1")]))
    assert (status, said, report) == (400, "ParentCallSid is not a SID", None)


def test_forgeries_are_logged_once_a_minute_and_address_and_never_quoted(caplog: pytest.LogCaptureFixture) -> None:
    signature._logged.clear()
    forgery = post((*RINGING, ("Canary", "tweet")), token="forged")
    with time_machine.travel(BEGAN, tick=False) as clock, caplog.at_level(logging.INFO):
        for _ in range(50):
            status_door(forgery)
        assert len(caplog.records) == 1
        assert caplog.records[0].levelname == "WARNING"
        assert "203.0.113.7" in caplog.text and "tweet" not in caplog.text and "forged" not in caplog.text
        clock.shift(timedelta(seconds=59))
        status_door(forgery)
        assert len(caplog.records) == 1
        clock.shift(timedelta(seconds=2))
        status_door(forgery)
        assert len(caplog.records) == 2


def test_a_flood_from_many_addresses_does_not_fill_the_memory() -> None:
    for number in range(5_000):
        signature._log_rarely(f"A request from 2001:db8::{number:x}", BEGAN)
    assert len(signature._logged) <= 1_000


# Headers of others -----------------------------------------------------------------------------------------------

HOSTS = ["desk.example", "evil.example", "127.0.0.1:9000", "desk.example:443, evil.example", ""]
MIXES = [
    *([("Host", host)] for host in HOSTS),
    *([("X-Forwarded-Host", host)] for host in HOSTS),
    *([("X-Forwarded-Proto", scheme)] for scheme in ("http", "https", "wss", "")),
    *([("X-Forwarded-Port", port)] for port in ("80", "443", "x")),
    [("Forwarded", "host=evil.example;proto=http")],
    [("X-Original-URL", "/twilio/voice/")],
    [("X-Rewrite-URL", "/twilio/voice/")],
    [("X_Twilio_Signature", "underscore")],
    [("X_Forwarded_Host", "evil.example"), ("Host", "evil.example")],
    [("X-HTTP-Method-Override", "GET")],
    [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http")],
]


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_no_other_header_takes_part(mix: list[tuple[str, str]]) -> None:
    good, bad, evil = post(RINGING), post(RINGING, token="forged"), post(RINGING, base="http://evil.example")
    for name, value in mix:
        good, bad, evil = (wire.with_header(name, value) for wire in (good, bad, evil))
    assert [status_door(wire)[0] for wire in (good, bad, evil)] == [204, 403, 403]


def test_a_signature_under_an_underscore_is_none() -> None:
    wire = post(RINGING)
    signed = dict(wire.headers)["x-twilio-signature"]
    assert status_door(wire.without("X-Twilio-Signature").with_header("X_Twilio_Signature", signed))[0] == 403


@pytest.mark.parametrize("token", ["", "a" * 65, "line\nfeed", "é", "8f3a-1"])
def test_the_idempotency_token_is_a_hint_and_lets_nobody_in(token: str) -> None:
    status, _, report = status_door(post(RINGING).with_header("I-Twilio-Idempotency-Token", token))
    assert status == 204 and report is not None
    assert report.idempotency_token == ("8f3a-1" if token == "8f3a-1" else "")


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1_000])
def test_no_length_of_a_wrong_signature_is_right(size: int) -> None:
    assert status_door(post(RINGING).with_header("X-Twilio-Signature", "A" * size))[0] == 403


@pytest.mark.parametrize("host", ["testserver", "127.0.0.1:8000", "livedesk_upstream", "evil.example"])
def test_a_proxys_idea_of_our_name_costs_no_callback(twilio, line, host):
    """Through every middleware: what a callback's Host says is nobody's business."""
    said = {"CallSid": "CA" + "7" * 32, "CallStatus": "completed", "From": "+14155550123", "To": "+15550100100"}
    assert twilio.post("/twilio/status/", said, headers={"Host": host}).status_code == 204
