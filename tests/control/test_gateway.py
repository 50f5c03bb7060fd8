"""What leaves for Twilio looks like this and like nothing else, whoever asks."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from calls.models import Action
from calls.twilio import gateway
from tests.conftest import ACCOUNT
from tests.guards import figure

HOSTILE = [
    "", "CA", "../CA" + "0" * 32, "CA" + "0" * 32 + "/../../Accounts", "CA" + "0" * 31, "CA" + "0" * 33,
    "CA" + "0" * 32 + "\n", "CA" + "0" * 32 + "\0", "CA" + "0" * 32 + "?x=1", "CA" + "0" * 32 + "#x",
    "CA" + "0" * 32 + "%2e%2e", "CA" + "%30" * 32, "ca" + "0" * 32, "CA" + "A" * 32, "CF" + "0" * 32,
    "CA" + "٠" * 32, "CA" + "０" * 32, "CA" + "0" * 30 + "é", " CA" + "0" * 32, "CA" + "0" * 10_000,
    "AC" + "0" * 32, "http://127.0.0.1/", "//evil.example/", "CA" + "0" * 16 + ".." + "0" * 14,
]  # fmt: skip


@pytest.mark.parametrize("sid", HOSTILE, ids=lambda sid: ascii(sid)[:24])
def test_what_is_no_sid_never_leaves(rest, sid):
    with pytest.raises(ValueError, match="Not a CallSid"):
        gateway.end_leg(sid, "completed")
    assert rest.asked == []


@pytest.mark.parametrize("target", HOSTILE[1:], ids=lambda sid: ascii(sid)[:24])
def test_no_sid_of_a_browser_is_ever_asked_for(wish, ben, dana_call, rest, target):
    """`target` names the whole call or one of its live legs, and the legs that are asked for come from our own rows."""
    assert wish(ben, dana_call, target=target).status_code == 422
    assert (rest.asked, Action.objects.count()) == ([], 0)


def test_nor_the_sid_of_somebody_elses_call(wish, ben, sue, dana_call, twilio, rest):
    other, _ = twilio.call_in(From="+14155550999", To="+15550100999")
    assert wish(ben, dana_call, target=other).status_code == 422
    assert rest.asked == []


def test_what_else_a_browser_sends_goes_nowhere(wish, ben, dana_call, rest):
    wish(ben, dana_call, sid="CA" + "f" * 32, status="busy", Status="queued", Url="http://evil.example/")
    assert rest.asked == [(dana_call.legs.get(role="caller").pk, {"Status": "completed"})]


OURS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA{'0' * 32}.json"


@pytest.fixture
def wire(rest, settings):
    wire = gateway.Wire()
    wire.base = settings.TWILIO_API_URL
    return wire


def test_ours_does_leave(wire, rest):
    assert wire.request("POST", wire.base + OURS, data={"Status": "completed"}).status_code == 200
    assert rest.paths == [OURS]


ELSEWHERE = [
    OURS.replace(ACCOUNT, "AC" + "9" * 32),
    OURS.replace("Calls", "calls"),
    OURS.replace("/Calls/", "/Calls/../Calls/"),
    OURS + "?x=1",
    OURS + "#x",
    OURS + "\n",
    OURS.replace(".json", ""),
    OURS.replace("2010-04-01", "2008-08-01"),
    "/2010-04-01/Accounts.json",
    "/",
    "",
    ".evil.example" + OURS,
    "@evil.example" + OURS,
]


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: ascii(path)[-30:])
def test_nothing_else_leaves(wire, rest, path):
    with pytest.raises(ValueError, match="Nothing of ours"):
        wire.request("POST", wire.base + path)
    with pytest.raises(ValueError, match="Nothing of ours"):
        wire.request("POST", "http://evil.example" + OURS)
    assert rest.asked == []


@trials(max_examples=figure(2000, least=200), deadline=None, database=None)
@given(st.text())
@example("CA" + "0" * 32 + "\n")
def test_no_text_gets_past_the_wire(text):
    wire = gateway.Wire()
    wire.base = "http://127.0.0.1:9"
    sid = f"CA{'0' * 32}"
    for url in (text, wire.base + text, wire.base + OURS + text, wire.base + OURS.replace(sid, text)):
        if url == wire.base + OURS:
            continue
        with pytest.raises(ValueError):
            wire.request("POST", url)


def test_a_redirect_is_not_followed(rest):
    rest.answers = [(307, "")]
    with pytest.raises(gateway.Unreachable) as caught:
        gateway.end_leg("CA" + "0" * 32, "completed")
    assert caught.value.sent and len(rest.asked) == 1


def test_an_answer_without_end_is_cut_off(rest, monkeypatch):
    monkeypatch.setattr(gateway, "LARGEST", 10_000)
    rest.answers = [(200, "x" * 50_000)]
    with pytest.raises(gateway.Unreachable):
        gateway.end_leg("CA" + "0" * 32, "completed")


def test_edge_and_region_change_twilios_host_and_no_other(settings, monkeypatch):
    settings.TWILIO_EDGE, settings.TWILIO_REGION = "dublin", "ie1"
    for url, host in [
        ("https://api.twilio.com", "https://api.dublin.ie1.twilio.com"),
        ("http://127.0.0.1:9110", "http://127.0.0.1:9110"),
    ]:
        settings.TWILIO_API_URL = url
        gateway._client.cache_clear()
        assert gateway._client().http_client.base == host
    gateway._client.cache_clear()


@pytest.mark.parametrize(
    ("key", "secret", "user"), [("", "", ACCOUNT), ("SK" + "1" * 32, "api-secret", "SK" + "1" * 32)]
)
def test_the_api_key_is_used_if_there_is_one(rest, settings, key, secret, user):
    settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET = key, secret
    gateway._client.cache_clear()
    gateway.end_leg("CA" + "0" * 32, "completed")
    sent = base64.b64decode(rest.headers[0]["Authorization"].removeprefix("Basic ")).decode()
    assert sent == f"{user}:{secret or 'token-now'}"
