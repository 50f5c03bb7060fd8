"""What leaves for Twilio looks like this and like nothing else, whoever asks."""

import base64
import re
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from calls.models import Action, Call
from calls.twilio import gateway
from calls.twilio.wire import Wire
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


CALL, NUMBER = "CA" + "0" * 32, "PN" + "0" * 32
# Beside those above: what a browser may put where a leg, a destination or an announcement is named.
IDS = [
    *HOSTILE[1:],
    "..", "../", "../../", "..;/", "....//", "%2e%2e", "%2e%2e%2f", "%252e%252e", "..%c0%af", "\\..\\", "/", "//", "?",
    "#", "?x=1", "#x", "&", "%", "%00", "\0", "\n", "\r\nHost: evil.example", "\u2028", "\u202e", "\ufeff", "\ud7ff",
    "é", "💥", "١", "１", "²", "1e3", "0x1", "-1", "+1", "1.0", "1 ", " 1", "1;", "1'--", "1 OR 1=1", "agent-",
    "agent--1", "agent-٣", "agent-1/../2", "null", "None", "true", "[]", "{}", "$ne", "call/", "room", "CALL", NUMBER,
    ACCOUNT, CALL + ".json", f"{CALL}/Recordings", f"{CALL},{CALL}", f"AC{'9' * 32}/Calls/{CALL}", "9" * 400,
    "x" * 10_000,
]  # fmt: skip
assert len(IDS) >= 60
TEXT = {"text": "Good evening."}
NAMED = {
    "end/": ("target", {}),
    "end/plan/": ("target", {}),
    "transfer/": ("destination", {}),
    "transfer/plan/": ("leg", {"to": "+14155550188"}),
    "announce/": ("target", TEXT),
    "announce/plan/": ("announcement", {}),
    "redirect/": ("destination", {}),
    "redirect/plan/": ("leg", {"twiml": "<Response><Say>Hi</Say></Response>"}),
    "verify/": ("leg", {}),
    "": ("leg", {}),
}


@pytest.mark.parametrize("door", NAMED)
def test_no_id_of_a_browser_is_ever_asked_for(client, account, supervisors, places, rest, door):
    """Names mean rows of ours, or nothing; the legs that are asked for come from our own rows."""
    client.force_login(supervisors[0])
    caller = account.phones()
    account.tells()
    call, (name, others) = Call.objects.get(legs__sid=caller), NAMED[door]
    path = f"/calls/{call.pk}/{door}"
    for told in IDS:
        if door == "verify/" or not door:  # there the call itself is all that can be named
            answer = client.get(f"/calls/{quote(told, safe='')}/{door}")
            assert answer.status_code in (400, 404, 405), told
            continue
        if (door, told) == ("announce/", "room"):  # there it is a word of ours
            continue
        form = {**others, name: told}
        if door.endswith("plan/"):
            answer = client.get(path, form)
            assert (answer.status_code, answer.json()["allowed"]) == (200, False), told
        else:
            answer = client.post(path, {**form, "key": str(uuid4())}, headers={"Accept": "application/json"})
            assert (answer.status_code, answer.json()["state"]) == (422, "refused"), told
    assert (rest.asked, rest.looked, Action.objects.count()) == ([], [], 0)


@pytest.mark.parametrize("door", ["verify/", "end/", "transfer/"])
def test_nor_in_the_address_of_a_wish(client, supervisors, rest, door):
    client.force_login(supervisors[0])
    for told in IDS:
        answer = client.post(f"/calls/{quote(told, safe='')}/{door}", {"key": str(uuid4())})
        assert answer.status_code in (400, 404), told
    assert (rest.asked, rest.looked) == ([], [])


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
    wire = Wire()
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
    wire = Wire()
    wire.base = "http://127.0.0.1:9"
    sid = f"CA{'0' * 32}"
    for url in (text, wire.base + text, wire.base + OURS + text, wire.base + OURS.replace(sid, text)):
        if url == wire.base + OURS:
            continue
        with pytest.raises(ValueError):
            wire.request("POST", url)


BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
PATHS = [
    f"{BASE}{page}.json"
    for page in ("", "/Calls", f"/Calls/{CALL}", "/IncomingPhoneNumbers", f"/IncomingPhoneNumbers/{NUMBER}",
                 "/Conferences", f"/Conferences/CF{'0' * 32}", f"/Conferences/CF{'0' * 32}/Participants",
                 f"/Conferences/call-{UUID(int=0)}/Participants", f"/Conferences/CF{'0' * 32}/Participants/{CALL}",
                 f"/Calls/{CALL}/Recordings", f"/Calls/{CALL}/Recordings/RE{'0' * 32}",
                 f"/Calls/{CALL}/Transcriptions/GT{'0' * 32}", f"/Calls/{CALL}/Streams/MZ{'0' * 32}")
]  # fmt: skip
ALLOWED = re.compile(
    rf"{BASE}(/(Calls(/CA[0-9a-f]{{32}}(/(Recordings|Transcriptions|Streams)(/(RE|GT|MZ)[0-9a-f]{{32}})?)?)?"
    r"|IncomingPhoneNumbers(/PN[0-9a-f]{32})?|Conferences(/CF[0-9a-f]{32}(/Participants(/CA[0-9a-f]{32})?)?"
    r"|/call-[0-9a-f-]{36}/Participants)?))?[.]json"
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[len(BASE) :])
def test_so_do_these_and_no_other_account(wire, rest, path):
    assert wire.request("GET", wire.base + path).status_code == 200
    assert rest.paths == [path]
    with pytest.raises(ValueError, match="Nothing of ours"):
        wire.request("GET", wire.base + path.replace(ACCOUNT, "AC" + "9" * 32))


def test_whatever_is_put_into_a_path_what_leaves_is_one_of_these(wire, rest):
    """The check is made on what was asked for; what counts is what arrives, behind the SDK and the URL library."""

    @trials(max_examples=figure(2000, least=200), deadline=None, database=None)
    @given(path=st.sampled_from(PATHS), text=hostile, at=st.floats(0, 1), cut=st.integers(0, 40))
    def tries(path, text, at, cut):
        where = round(at * len(path))
        try:
            wire.request("GET", wire.base + path[:where] + text + path[where + cut :])
        except (ValueError, gateway.Unreachable):
            pass

    tries()
    assert [path for path in rest.paths if not ALLOWED.fullmatch(urlsplit(path).path) or "?" in path] == []


hostile = st.one_of(
    st.text(max_size=30),
    st.sampled_from(IDS),
    st.text("0123456789abcdefACPN", max_size=40),
    st.text("./?#%@:;\\\r\n\t ", max_size=8),
)


@pytest.mark.parametrize(
    "sid", [*HOSTILE, CALL, NUMBER + "\n", NUMBER.lower(), NUMBER + "/../x"], ids=lambda sid: ascii(sid)[:24]
)
def test_nor_does_what_is_no_sid_of_a_number(rest, sid):
    with pytest.raises(ValueError, match="Not the SID of a number"):
        gateway.set_number(sid, {"VoiceUrl": "https://desk.example/"})
    assert (rest.asked, rest.looked) == ([], [])


def test_a_redirect_is_not_followed(rest):
    rest.answers = [(307, "")]
    with pytest.raises(gateway.Unreachable) as caught:
        gateway.end_leg("CA" + "0" * 32, "completed")
    assert caught.value.sent and len(rest.asked) == 1


def test_an_answer_without_end_is_cut_off(rest, monkeypatch):
    monkeypatch.setattr("calls.twilio.wire.LARGEST", 10_000)
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
