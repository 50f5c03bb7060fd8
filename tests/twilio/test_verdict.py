"""Is it signed? Published vectors, one byte changed, and the verdict of Twilio's own SDK."""

import random
from urllib.parse import parse_qsl, urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from calls.intake.statements import statements
from calls.twilio import signature
from calls.twilio.signature import signed_url, verify
from tests.guards import figure
from tests.intake.scripts import SCRIPTS
from tests.intake.teller import Cast
from tests.twilio.wire import KEYS, NEXT_TOKEN, PUBLIC_URL, RINGING, TOKEN, Pairs, Wire, door_of, post, sign

status_door = door_of("status")
STATUS_URL = f"{PUBLIC_URL}/twilio/status/"


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


@given(st.text(st.sampled_from("ab=&+%2Bé0\x00;"), max_size=40) | st.text(max_size=40))
def test_parameters_are_read_as_everybody_reads_them(body: str) -> None:
    try:
        expected: object = parse_qsl(body, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        expected = 400
    try:
        found: object = signature._pairs(body)
    except signature.Refused as refused:
        found = refused.status
    assert found == expected


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


# Ours and the SDK's ---------------------------------------------------------------------------------------------


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
