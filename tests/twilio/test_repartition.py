"""The signature has no delimiters: move a border of two parameters and it still fits. We refuse, or nothing changes."""

import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import pytest
from django.urls import Resolver404, resolve
from twilio.request_validator import RequestValidator

from calls.twilio.reports import Report
from tests.guards import SOAK
from tests.intake.endings import Floor
from tests.intake.scripts import SCRIPTS
from tests.intake.teller import TWIML_DOORS, Cast, Said
from tests.twilio.wire import FORM, PUBLIC_URL, TOKEN, Wire, door_of, sign

DOORS = {name: door_of(name) for name in ("status", "voice", "dial", "conference", "recording")}
# What callers and custom clients may put into a request: free text, with Twilio's own words in it.
FREE = {
    "CallerName": "COMPLETED CALL",
    "SpeechResult": "I want the call status to be completed Timestamp",
    "SipHeader_X-Note": "CallStatus SequenceNumber",
    "ForwardedFrom": "+14155550199",
    "Zeta": "9",
    "abc": "1",
}
MAX_SHIFT = 40


@dataclass(frozen=True)
class Captured:
    """A request that somebody copied out of a log: the address, and the parameters in the order of signing."""

    said: Said
    url: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def signature(self) -> str:
        return sign(self.url, self.pairs)

    @property
    def text(self) -> str:
        return self.url + "".join(name + value for name, value in self.pairs)


def captured(rng: random.Random, count: int) -> Iterator[Captured]:
    for number in range(count):
        script = SCRIPTS[number % len(SCRIPTS)]
        said = rng.choice(script.told(Cast(number)))
        params = said.params | dict(rng.sample(sorted(FREE.items()), rng.randrange(4)))
        query = rng.choice(
            [said.query, "step=menu2&visit=8f3a", f"call=8b6c2f62-0000-4000-8000-00000000000{number % 10}"]
        )
        said = Said(said.door, said.at, params, query)
        yield Captured(said, PUBLIC_URL + said.url, tuple(sorted(params.items())))


Shifted = tuple[str, tuple[tuple[str, str], ...]]  # an address and parameters of the same text


def shifts(request: Captured) -> Iterator[Shifted]:
    """Every border moved by up to 40 characters, and every run of parameters swallowed by the one before."""
    cuts = [len(request.url)]
    for name, value in request.pairs:
        cuts += [cuts[-1] + len(name), cuts[-1] + len(name) + len(value)]
    for border in range(len(cuts) - 1):
        for by in range(-MAX_SHIFT, MAX_SHIFT + 1):
            moved = cuts[border] + by
            low, high = cuts[border - 1] if border else len(PUBLIC_URL), cuts[border + 1]
            if by and low <= moved <= high:
                yield cut(request.text, [*cuts[:border], moved, *cuts[border + 1 :]])
    for pair in range(len(request.pairs)):
        for swallowed in range(1, len(request.pairs) - pair + 1):
            at = 2 * pair
            yield cut(request.text, cuts[: at + 1] + cuts[at + 1 + 2 * swallowed :])  # by the value, or by the address
            yield cut(request.text, cuts[: at + 2] + cuts[at + 2 + 2 * swallowed :])


def cut(text: str, cuts: list[int]) -> Shifted:
    """The address ends at the first cut; names and values take turns after it. An odd end is a name without a value."""
    parts = [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    parts = parts if len(parts) % 2 == 0 else parts[:-1] if not parts[-1] else [*parts, ""]
    return text[: cuts[0]], tuple(zip(parts[::2], parts[1::2], strict=True))


def split(request: Captured, rng: random.Random) -> Shifted:
    """A value cut in three: what is in the middle becomes a parameter of its own."""
    text, start = request.text, len(request.url)
    cuts = sorted(rng.sample(range(start, len(text)), 2 * rng.randint(1, 8)))
    return cut(text, [start, *cuts, *([len(text)] if len(cuts) % 2 == 0 else [])])


def accepted_by_the_sdk(url: str, pairs: tuple[tuple[str, str], ...], signature: str) -> bool:
    if len(dict(pairs)) != len(pairs):
        return False
    return bool(RequestValidator(TOKEN).validate(url, dict(pairs), signature))


def knock(url: str, pairs: tuple[tuple[str, str], ...], signature: str) -> Report | None:
    """What comes through to a view, by the path that the request really has."""
    path, _, query = url.removeprefix(PUBLIC_URL).partition("?")
    try:
        resolve(path)
    except Resolver404:
        return None
    headers = (("content-type", FORM), ("x-twilio-signature", signature))
    name = path.removeprefix("/twilio/").removesuffix("/")
    status, _, report = DOORS[name](Wire(urlencode(pairs).encode(), path, query, headers=headers))
    assert status in (204, 400, 403)
    return report


def harmless(original: Captured, report: Report) -> bool:
    """What came through says nothing that the original did not say, of whatever it is about."""
    said = original.said.arriving(report.received_at)
    once = Floor().hear_all([said])
    twice = Floor().hear_all([said, report])
    same_place = all(
        getattr(report, field) == getattr(said, field)
        for field in ("door", "call_id", "role", "action_id", "step", "visit", "url", "room", "conference_sid", "event")
    )
    return once == twice and same_place


def test_a_border_that_was_moved_changes_nothing(rng: random.Random, caplog: pytest.LogCaptureFixture) -> None:
    """12,000 shifts (SOAK: 60,000), of about a thousand that every captured request has."""
    caplog.set_level(logging.ERROR, "calls.twilio.signature")
    tried = fits = came_in = 0
    for request in captured(rng, 300 if SOAK else 60):
        assert knock(request.url, request.pairs, request.signature) is not None
        moved = [*shifts(request), *(split(request, rng) for _ in range(20))]
        for url, pairs in rng.sample(moved, min(200, len(moved))):
            tried += 1
            if (url, pairs) == (request.url, request.pairs) or not accepted_by_the_sdk(url, pairs, request.signature):
                continue
            fits += 1
            report = knock(url, pairs, request.signature)
            if report is not None:
                came_in += 1
                changed = set(pairs) ^ set(request.pairs)
                assert harmless(request, report), (url, changed)
    assert tried > 9_000 and fits > tried / 3, "the SDK accepts these: else this test proves nothing"
    print(f"{tried} shifts, {fits} of them signed, {came_in} came in and changed nothing")


def test_the_whole_request_in_one_parameter_stays_out() -> None:
    said = SCRIPTS[0].told(Cast(1))[-1]
    request = Captured(said, PUBLIC_URL + said.url, tuple(sorted(said.params.items())))
    whole = "".join(name + value for name, value in request.pairs)
    pairs = (("AccountSid", whole.removeprefix("AccountSid")),)
    assert accepted_by_the_sdk(request.url, pairs, request.signature)
    assert knock(request.url, pairs, request.signature) is None


def test_a_form_turned_into_an_address_stays_out(rng: random.Random) -> None:
    """A captured POST as a GET whose query holds all of the signed text, and a captured GET as a POST."""
    for request in captured(rng, 50):
        name = request.said.door
        tail = request.text.removeprefix(PUBLIC_URL)
        path, _, query = tail.partition("?")
        wire = Wire(path=path, query=query, method="GET", headers=(("x-twilio-signature", request.signature),))
        if name in TWIML_DOORS:
            assert DOORS[name](wire)[0] in (400, 403)
    query = f"step=hold&{urlencode(SCRIPTS[0].told(Cast(1))[0].params)}"
    fetched = Wire(path="/twilio/voice/", query=query, method="GET").signed([])
    assert DOORS["voice"](fetched)[0] == 204
    signature = dict(fetched.headers)["x-twilio-signature"]
    for at in range(len(query) + 1):
        pairs = parse_qsl(query[at:], keep_blank_values=True)
        for body in (urlencode(pairs), urlencode([(query[at:], "")]), ""):
            posted = Wire(body.encode(), "/twilio/voice/", query[:at], headers=(("content-type", FORM),))
            assert DOORS["voice"](posted.with_header("X-Twilio-Signature", signature))[0] in (400, 403)


@pytest.mark.parametrize(
    "moved",
    [
        {"CallStatus": "completedCallbackSourcecall-progress-events", "CallbackSource": None},
        {"SequenceNumber": "1Timestamp" + "Fri, 02 Oct 2026 14:00:04 +0000", "Timestamp": None},
        {"FromZip": "94105ParentCallSidCA0123456789abcdef0123456789abcdef", "ParentCallSid": None},
        {"Sneaky": "", "SipResponseCode": None, "SipResponseCod": "e200"},
        {"CallDuration": None, "CallDuratio": "n42"},
        {"ACallStatuscompleted": ""},
        {"Zz": "CallSidCA0123456789abcdef0123456789abcdef"},
        {"Timestamp": "Fri, 02 Oct 2026 14:00:04 +0000To"},
    ],
    ids=str,
)
def test_a_parameter_inside_of_another_is_nonsense(moved: dict[str, str | None]) -> None:
    said = SCRIPTS[0].told(Cast(1))[5]
    params = {name: value for name, value in (said.params | moved).items() if value is not None}
    pairs = tuple(params.items())
    assert knock(PUBLIC_URL + said.url, pairs, sign(PUBLIC_URL + said.url, pairs)) is None


def test_words_of_twilios_in_free_text_are_no_nonsense() -> None:
    said = SCRIPTS[0].told(Cast(1))[0]
    custom = {
        "MyCallSid": "CA0123456789abcdef0123456789abcdef",
        "AgentTo": "+15550100",
        "Holder": "true",
        "Note": "Hold true",
    }
    pairs = tuple((said.params | FREE | custom).items())
    report = knock(PUBLIC_URL + said.url, pairs, sign(PUBLIC_URL + said.url, pairs))
    assert report is not None and report.body["Note"] == "Hold true"
