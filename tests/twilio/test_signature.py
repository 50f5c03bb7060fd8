"""Who may knock: what Twilio signed comes in, whatever its form; what it did not sign stays out, whatever its form."""

import json
import logging
import random
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlparse

import pytest
import time_machine
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from calls.intake.lifecycle import statements
from calls.twilio import signature
from calls.twilio.reports import Source
from calls.twilio.signature import TwilioRequest, from_twilio, signed_url, verify
from tests.guards import figure
from tests.intake.scripts import BEGAN, SCRIPTS, Cast
from tests.twilio.wire import FORM, KEYS, NEXT_TOKEN, PUBLIC_URL, RINGING, TOKEN, Pairs, Wire, door_of, post, sign

status_door = door_of("status")
voice_door = door_of("voice")
STATUS_URL = f"{PUBLIC_URL}/twilio/status/"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"


# The vectors: (address, parameters, signature), token 12345 ------------------------------------------------------

CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]
CLASSIC = [(name, value.replace("+14158675310", "+14158675309")) for name, value in CALL]
BODY_HASH = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
VECTORS = [
    ("POST", "https://example.com/myapp.php?foo=1&bar=2", CALL, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("POST", "https://mycompany.com/myapp.php?foo=1&bar=2", CLASSIC, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("POST", f"https://example.com/j?bodySHA256={BODY_HASH}", [], "6GDIxue6P6vEr2mLx8Gq5cr0sCg="),
    ("POST", "https://example.com/x", [("FromCity", "São Paulo"), ("FromState", "")], "gOd3vvOqnAq1//PGJwiJ5IobSD8="),
    ("POST", "https://e.com/x", [("A", "2"), ("A", "1"), ("A", "2")], "Jzp5kg91saOnNOmvAml0Amp+uIY="),
    ("GET", "wss://example.com/stream", [], "KG4JbhDlv15BMlxSTOWKt9btbgg="),
]


@pytest.mark.parametrize("method, url, pairs, signed", VECTORS)
def test_the_published_vectors_verify(method: str, url: str, pairs: list[tuple[str, str]], signed: str) -> None:
    said = {"url": url, "pairs": pairs, "method": method, "webhook_keys": {}}
    assert sign(url, pairs, token="12345") == signed
    assert verify(**said, signature=signed, tokens=["another", "12345"])
    assert not verify(**said, signature=signed, tokens=["another"])
    assert not verify(**said, signature=signed, tokens=[])
    assert not verify(**(said | {"url": url + "1"}), signature=signed, tokens=["12345"])


def test_the_vector_of_the_newer_header_verifies_with_its_own_key_only() -> None:
    said = {
        "url": "https://example.com/myapp.php?foo=1&bar=2",
        "pairs": CALL,
        "method": "POST",
        "signature": "qMztBq0IANMH/q0K9sCfKQJLylezvRdRzRS647SAVow=",
        "settings_header": "key=webhooks_sharedkey_9,algorithm=HMAC_SHA256",
    }
    assert verify(**said, tokens=["other"], webhook_keys={"webhooks_sharedkey_9": "12345"})
    assert not verify(**said, tokens=["12345"], webhook_keys={"webhooks_sharedkey_8": "12345"})
    assert not verify(**said, tokens=["12345"], webhook_keys={})
    assert not verify(**(said | {"settings_header": ""}), tokens=["12345"], webhook_keys={})


@pytest.mark.parametrize(
    "public_url, signed",
    [
        ("https://desk.example", "https://desk.example/twilio/status/?a=1"),
        ("https://desk.example/", "https://desk.example/twilio/status/?a=1"),
        ("https://desk.example:8443", "https://desk.example:8443/twilio/status/?a=1"),
        ("https://user:pass@desk.example:8443", "https://desk.example:8443/twilio/status/?a=1"),
        ("https://desk.example/callcenter", "https://desk.example/callcenter/twilio/status/?a=1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/twilio/status/?a=1"),
    ],
)
def test_the_signed_address_is_made_of_the_setting(public_url: str, signed: str) -> None:
    assert signed_url(public_url, "/twilio/status/", "a=1") == signed
    assert signed_url(public_url, "/twilio/status/", "") == signed.removesuffix("?a=1")


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


# One byte ----------------------------------------------------------------------------------------------------------


def test_one_byte_changed_and_it_stays_out(rng: random.Random) -> None:
    """2,000 requests with one byte replaced, put in or left out, in body, path, query or signature.

    An `=` that moved between a name and a value leaves the signed text as it was; then it must mean the same, too.
    """
    told = [said for script in SCRIPTS for said in script.told(Cast(1)) if said.door == "status"]
    changed = 0
    while changed < 2_000:
        said = rng.choice(told)
        wire = post(list(said.params.items()), said.path, said.query)
        mutant = mutated(wire, rng)
        if means_the_same(mutant, wire):
            continue
        changed += 1
        status, _, report = status_door(mutant)
        if report is not None and signed_text(mutant) == signed_text(wire):
            assert statements(report) == statements(said.arriving(report.received_at)), mutant
        else:
            assert (status // 100, report) == (4, None), mutant
    assert status_door(wire)[0] == 204


def mutated(wire: Wire, rng: random.Random) -> Wire:
    part = rng.choice(("body", "body", "body", "path", "query", "signature"))
    headers = dict(wire.headers)
    signed = headers["x-twilio-signature"]
    old = {"body": wire.body, "path": wire.path.encode(), "query": wire.query.encode(), "signature": signed.encode()}[
        part
    ]
    at = rng.randrange(len(old) + 1)
    byte = bytes([rng.randrange(256 if part == "body" else 128)])
    how = rng.randrange(3)
    new = old[:at] + (b"" if how == 0 else byte) + (old[at:] if how == 1 else old[at + 1 :])
    if part == "body":
        return wire.but(body=new)
    if part == "signature":
        return wire.with_header("X-Twilio-Signature", new.decode())
    return wire.but(**{part: new.decode()})


def means_the_same(mutant: Wire, wire: Wire) -> bool:
    """%2b is %2B, and `&&` is `&`: the same parameters, so the same signature."""
    if (mutant.path, mutant.query, mutant.headers) != (wire.path, wire.query, wire.headers):
        return False
    try:
        return signature._pairs(mutant.body.decode()) == signature._pairs(wire.body.decode())
    except (UnicodeDecodeError, signature.Refused):
        return False


def signed_text(wire: Wire) -> str:
    return "".join(name + value for name, value in sorted(parse_qsl(wire.body.decode(), keep_blank_values=True)))


@pytest.mark.parametrize("tail", ["#", "#x", "?", ";", "%", "\t", "\n", " ", "\r", "é", "&"])
def test_what_the_sdk_would_overlook_in_an_address_is_not_overlooked(tail: str) -> None:
    said = {"pairs": RINGING, "method": "POST", "tokens": [TOKEN], "webhook_keys": {}}
    for url in (STATUS_URL, f"{STATUS_URL}?role=agent"):
        signed = sign(url, RINGING)
        assert verify(url=url, signature=signed, **said)
        assert not verify(url=url + tail, signature=signed, **said)
        assert not verify(url=url.replace("/status", f"/{tail}status"), signature=signed, **said)


@pytest.mark.parametrize("broken", [None, 7, b"x", ["x"], object()])
@pytest.mark.parametrize("argument", ["url", "pairs", "signature", "settings_header", "tokens", "webhook_keys"])
def test_verification_raises_nothing(argument: str, broken: object) -> None:
    said = {"url": STATUS_URL, "pairs": RINGING, "method": "POST", "signature": "x", "tokens": [TOKEN]}
    said |= {"webhook_keys": KEYS, "settings_header": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    assert verify(**(said | {argument: broken})) is False  # type: ignore[arg-type]


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


def test_ours_and_the_sdks_verdict_are_one(rng: random.Random) -> None:
    """Random addresses and parameters: what the SDK computes is what the documentation says and what we accept."""
    alphabet = "aB0 +&=%/?é☎\n"
    for _ in range(figure(1_000)):
        pairs = [(text(rng, alphabet), text(rng, alphabet)) for _ in range(rng.randrange(8))]
        url = f"{STATUS_URL}?a={rng.randrange(99)}"
        form = signature.Form()
        for name, value in pairs:
            form.setdefault(name, []).append(value)
        signed = RequestValidator(TOKEN).compute_signature(url, form)
        distinct = sorted({(name, value) for name, value in pairs})
        assert signed == sign(url, distinct)
        said = {"url": url, "pairs": pairs, "method": "POST", "webhook_keys": {}}
        assert verify(**said, signature=signed, tokens=[TOKEN])
        assert not verify(**said, signature=signed, tokens=["x"])
        port = RequestValidator(TOKEN).compute_signature(url.replace("desk.example", "desk.example:443"), form)
        for tried in (signed, port, signed[::-1], port.lower(), sign(url, pairs[1:])):
            assert verify(**said, signature=tried, tokens=[TOKEN]) == RequestValidator(TOKEN).validate(url, form, tried)


TEXT = st.text(max_size=12)


@given(
    pairs=st.lists(st.tuples(TEXT, TEXT), max_size=6),
    query=st.text("abc=&%2Fé+ #?;", max_size=12),
    port=st.sampled_from(["", ":443", ":8443", ":80"]),
    token=st.sampled_from([TOKEN, NEXT_TOKEN, "é"]),
    wrong=st.sampled_from(["", "=", "A", "é"]),
)
def test_the_short_way_says_what_the_sdk_says(pairs: Pairs, query: str, port: str, token: str, wrong: str) -> None:
    """Whatever is in an address or a form, names twice and ports left out included; but no address is tidied up."""
    url = f"https://desk.example{port}/twilio/status/" + (f"?{query}" if query else "")
    form, sdk = signature.Form(), RequestValidator(token)
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    for signed_for in (url, url.replace(port or "/twilio", "" if port else ":443/twilio")):
        tried = sdk.compute_signature(signed_for, form) + wrong
        verdict = verify(url=url, pairs=pairs, method="POST", signature=tried, tokens=[TOKEN, token], webhook_keys={})
        assert verdict == (urlparse(url).geturl() == url and sdk.validate(url, form, tried))


def text(rng: random.Random, alphabet: str) -> str:
    return "".join(rng.choices(alphabet, k=rng.randrange(6)))


@pytest.mark.parametrize("host", ["testserver", "127.0.0.1:8000", "livedesk_upstream", "evil.example"])
def test_a_proxys_idea_of_our_name_costs_no_callback(twilio, line, host):
    """Through every middleware: what a callback's Host says is nobody's business."""
    said = {"CallSid": "CA" + "7" * 32, "CallStatus": "completed", "From": "+14155550123", "To": "+15550100100"}
    assert twilio.post("/twilio/status/", said, headers={"Host": host}).status_code == 204
