"""Twenty-one things that Twilio can do to a request, for every kind of wish: what is told at once, what is true later.

The table is that of the protocol: done, refused, or nobody knows; and who must not repeat himself does not.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from calls.control import perform
from calls.models import Action, Audit, Call
from calls.twilio import gateway
from tests.control.account import Account, call_resource
from tests.control.aftermath import as_twilio_has_it, goes_on, happened, in_time
from tests.control.conftest import ABSOLUTE, KINDS, Raw, some
from tests.guards import patience

JSON = {"Accept": "application/json"}
SHORT = 0.4  # seconds that a wish has, where Twilio keeps us waiting
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


# What Twilio can do ---------------------------------------------------------------------------------------------
# Each is given Twilio's side, and says what is answered to every request of the first press. None: the line breaks.


def plain(status: int, body: Any) -> Callable[[Account], Any]:
    return lambda account: (status, body)


def error(status: int, code: int, message: str = "No.") -> Callable[[Account], Any]:
    return plain(status, {"code": code, "message": message, "status": status})


def done(status: int, body: Any = None) -> Callable[[Account], Any]:
    def of(account: Account) -> Any:
        def answer(sid: str, form: dict[str, str]) -> Any:
            _, resource = account.asked(sid, form)
            return status, resource if body is None else body

        return answer

    return of


def done_and_reset(account: Account) -> Any:
    return lambda sid, form: account.asked(sid, form) and None


def never_done(account: Account) -> Any:
    return lambda sid, form: None


def silent(*, does: bool) -> Callable[[Account], Any]:
    def of(account: Account) -> Any:
        def answer(sid: str, form: dict[str, str]) -> Any:
            if does:
                account.asked(sid, form)
            time.sleep(3 * SHORT)

        return answer

    return of


def drips(account: Account) -> Any:
    """Twelve bytes within the time that we have, and as many seconds as the answer is long."""

    def answer(sid: str, form: dict[str, str]) -> Raw:
        account.asked(sid, form)
        body = json.dumps(call_resource(sid)).encode()
        return Raw([HEAD % len(body), *(body[at : at + 1] for at in range(len(body)))], pause=SHORT / 12)

    return answer


def cut(account: Account) -> Any:
    def answer(sid: str, form: dict[str, str]) -> Raw:
        account.asked(sid, form)
        return Raw([HEAD % 200, b'{"sid": "CA'])

    return answer


@dataclass(frozen=True)
class Row:
    """What is told at once (`state`, `code`), whether Twilio did it, and how often it was claimed. `once`: only the
    first request is answered so."""

    does: Callable[[Account], Any]
    state: str
    code: str = ""
    done: bool = False
    attempts: int = 1
    once: bool = False
    short: bool = False


CREDENTIALS = "credentials"
NOBODY = "http://127.0.0.1:9"
TABLE = {
    "200": Row(done(200), "accepted", done=True),
    "201": Row(done(201), "accepted", done=True),
    "204": Row(done(204, ""), "accepted", done=True),
    "400/21220": Row(error(400, 21220, "Call is not in-progress."), "failed", "call_ended"),
    "401": Row(error(401, 20003, "Authenticate"), "failed", CREDENTIALS),
    "403": Row(error(403, 20003, "Permission denied"), "failed", CREDENTIALS),
    "404/20404": Row(error(404, 20404, "Not found"), "failed", "call_ended"),
    "409": Row(error(409, 20409, "Conflict"), "failed", "conflict"),
    "429, then 200": Row(error(429, 20429), "accepted", done=True, attempts=2, once=True),
    "429 four times": Row(error(429, 20429), "failed", "20429", attempts=4),
    "500": Row(error(500, 20500), "unknown", "unknown"),
    "502 HTML": Row(plain(502, "<html><h1>Bad gateway</h1></html>"), "unknown", "unknown"),
    "503": Row(plain(503, "busy"), "unknown", "unknown"),
    "reset before a word": Row(never_done, "failed", "unreachable"),
    "reset, not done": Row(never_done, "unknown", "unknown"),
    "reset, but done": Row(done_and_reset, "unknown", "unknown", done=True),
    "no answer, but done": Row(silent(does=True), "unknown", "unknown", done=True, short=True),
    "no answer, not done": Row(silent(does=False), "unknown", "unknown", short=True),
    "drips": Row(drips, "unknown", "unknown", done=True, short=True),
    "cut": Row(cut, "unknown", "unknown", done=True),
    "no such host": Row(never_done, "failed", "unreachable"),
}
assert len(TABLE) == 21

# A wish of which nobody knows, and which Twilio did not do: what is absolute is asked for again; what is not is found
# never to have begun, if a document of ours would have shown that, and else it is for a person to look.
IN_THE_END = {
    "end": ("confirmed", ""),
    "end leg": ("confirmed", ""),
    "transfer": ("failed", "not_applied"),
    "announce": ("failed", "not_applied"),
    "redirect": ("failed", "not_applied"),
    "raw": ("abandoned", "unknown"),
    "hold": ("confirmed", ""),
    "mute": ("confirmed", ""),
    "kick": ("confirmed", ""),
    "say": ("failed", "not_applied"),
}
GONE = ("end", "end leg", "kick")  # true as well of who hangs up


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "what" in metafunc.fixturenames:
        cells = some(metafunc.config, TABLE, KINDS, 2)
        # Whoever is not there any more was taken out as well as not.
        metafunc.parametrize(("what", "kind"), [cell for cell in cells if cell != ("404/20404", "kick")])


def nobody_knows_the_name(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def getaddrinfo(host: str, *args: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings.TWILIO_API_URL = "http://twilio.invalid"
    gateway._client.cache_clear()
    return asked


def test_what_twilio_does_and_what_is_said_of_it(
    client, account, fields, line_to, rest, clock, monkeypatch, settings, what, kind
):
    row, (call, caller, agent) = TABLE[what], line_to
    verb, form = fields(kind, agent)
    if row.code == "call_ended":  # Dana hung up, and nobody has told us yet
        account.ends(caller)
    names = nobody_knows_the_name(settings, monkeypatch) if what == "no such host" else []
    if what == "reset before a word":  # nobody listens there: the system says so with a reset
        settings.TWILIO_API_URL = NOBODY
        gateway._client.cache_clear()
    if row.short:
        monkeypatch.setattr(gateway, "DEADLINE", SHORT)
    monkeypatch.setattr(perform, "THROTTLED", (0.02, 0.06, 0.15))
    if row.once:
        rest.answers.append(row.does(account))
    else:
        rest.always = row.does(account)

    began = time.monotonic()
    answer = client.post(f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, headers=JSON)
    assert time.monotonic() - began < gateway.DEADLINE + patience(0.5)

    action = Action.objects.get()
    assert (answer.json()["state"], answer.json()["code"]) == (action.state, action.code) == (row.state, row.code)
    assert answer.status_code == (409 if row.state == "failed" else 202)
    assert action.attempt == row.attempts
    history = list(Audit.objects.filter(action_id=action.pk).values_list("what", flat=True))
    tries = ["action.requested", "action.sending"] * row.attempts
    assert history == [*tries, f"action.{row.state}"]
    at_once = len(rest.asked)
    if row.code == "unreachable":
        assert (names, at_once) == (["twilio.invalid"] * gateway.TRIES if names else [], 0)
        assert answer.json()["message"] == "Twilio cannot be reached. Nothing was sent."
        return

    rest.is_at(account)
    if row.state == "failed":
        account.tells()
        action.refresh_from_db()
        assert action.state == "failed"
        assert happened(account, kind, caller, agent) == (row.code == "call_ended" and kind in GONE)
    else:
        action = goes_on(action, clock, account.tells, after=6)
        assert (action.state, action.code) == (("confirmed", "") if row.done else IN_THE_END[kind])
        assert happened(account, kind, caller, agent) == (action.state == "confirmed")
        assert in_time(action)
    if kind in ABSOLUTE:
        assert action.attempt <= row.attempts + 2
    else:
        assert len(rest.asked) == at_once == row.attempts, "what is not absolute is never sent a second time"
    assert as_twilio_has_it(account, call)


def test_the_call_that_is_over_is_looked_up_at_once(client, account, fields, line_to, rest):
    """Its last callbacks may be lost: our rows learn it from the same click."""
    call, caller, agent = line_to
    account.ends(caller)
    verb, form = fields("announce")
    answer = client.post(f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, headers=JSON)
    assert answer.json()["message"] == "The call is no longer in progress (21220)."
    assert rest.looked == [caller]
    assert call.legs.get(pk=caller).status == "completed"


def test_a_leg_that_something_else_is_done_to_is_looked_up_at_once(client, account, fields, line_to, rest):
    call, caller, agent = line_to
    rest.refuses(409, 20409, "Conflict")
    verb, form = fields("announce")
    answer = client.post(f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, headers=JSON)
    assert answer.json()["message"] == "Something else was being done to this leg at Twilio (20409). Look again."
    assert rest.looked == [caller]


def test_too_many_requests_are_asked_again_after_their_pauses(client, account, fields, line_to, rest):
    for _ in range(3):
        rest.refuses(429, 20429, "Too many requests")
    call, *_ = line_to
    verb, form = fields("announce")
    answer = client.post(f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, headers=JSON)
    assert answer.json()["state"] == "accepted"
    pauses = [later.began - before.ended for before, later in zip(rest.spans, rest.spans[1:], strict=False)]
    assert len(pauses) == 3
    for pause, told in zip(pauses, (0.2, 0.6, 1.5), strict=True):
        assert told * 0.7 <= pause <= told * 1.3 + patience(0.5)
    assert Action.objects.get().attempt == 4
    claims = Audit.objects.filter(what="action.sending").count()
    assert claims == 4, "each further try is claimed anew"


@pytest.mark.parametrize(("status", "kind"), [(401, "end"), (403, "transfer"), (401, "raw")])
def test_who_is_not_let_in_does_not_knock_for_half_a_minute(
    client, account, fields, line_to, rest, clock, caplog, status, kind
):
    call, caller, agent = line_to
    verb, form = fields(kind, agent)

    def press():
        return client.post(f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, headers=JSON).json()

    rest.refuses(status, 20003, "Authenticate")
    first, asked = press(), len(rest.asked)
    assert "does not accept our credentials" in caplog.text
    for seconds in (0, 15, 14):
        clock.goes_on(seconds)
        began = time.monotonic()
        again = press()
        assert time.monotonic() - began < patience(2)
        assert (again["state"], again["code"]) == (first["state"], first["code"]) == ("failed", "credentials")
    assert len(rest.asked) == asked
    clock.goes_on(2)
    assert press()["state"] == "accepted"
    assert len(rest.asked) == asked + 1


# Others go on meanwhile -------------------------------------------------------------------------------------------


def press_many(user: Any, calls: list[Call], pool: ThreadPoolExecutor) -> list[Any]:
    def press(call: Call) -> tuple[dict[str, Any], float]:
        client = Client(headers=JSON)
        client.force_login(user)
        began = time.monotonic()
        form = {"key": str(uuid4()), "text": "Good evening."}
        try:
            told = client.post(f"/calls/{call.pk}/announce/", form).json()
        finally:
            connections.close_all()
        return told, time.monotonic() - began

    return [pool.submit(press, call) for call in calls]


@pytest.fixture
def many_calls(twilio, line) -> list[Call]:
    return [Call.objects.get(legs__sid=twilio.call_in(From=f"+1415555{n:04}")[0]) for n in range(gateway.AT_ONCE + 1)]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(gateway.AT_ONCE + 1) as made:
        yield made


def eventually(look: Callable[[], bool], within: float) -> bool:
    until = time.monotonic() + within
    while not look() and time.monotonic() < until:
        time.sleep(0.01)
    return look()


def test_while_eight_wishes_hang_others_are_served(supervisors, many_calls, pool, rest, twilio, monkeypatch, client):
    monkeypatch.setattr(gateway, "DEADLINE", deadline := patience(4.0))
    let_go = threading.Event()
    rest.answers = [lambda sid, form: let_go.wait(3 * deadline) and None for _ in range(gateway.AT_ONCE)]
    client.force_login(supervisors[1])
    *hanging, another = many_calls
    try:
        stuck = press_many(supervisors[0], hanging, pool)
        assert eventually(lambda: len(rest.asked) == gateway.AT_ONCE, deadline / 2)

        began = time.monotonic()
        ringing = another.legs.get().sid
        assert twilio.status(ringing, "in-progress", 1).status_code == 204
        assert client.get(f"/calls/{another.pk}/announce/plan/", {"text": "Hi."}).json()["allowed"] is True
        assert time.monotonic() - began < patience(1)
        (ninth,) = press_many(supervisors[1], [another], pool)
        told, seconds = ninth.result(20)
        assert told["state"] == "accepted", "those who hang have a time, and their place is free after that"
        assert seconds < deadline + patience(0.5)
        for told, seconds in (each.result(20) for each in stuck):
            assert told["state"] == "unknown"
            assert seconds < deadline + patience(0.5)
    finally:
        let_go.set()


def test_slow_answers_hold_no_place_beyond_their_time(rest, monkeypatch, account):
    """A byte now and then is no sign of life: after the deadline all eight places are free again."""
    monkeypatch.setattr(gateway, "DEADLINE", SHORT)
    rest.answers = [drips(account) for _ in range(gateway.AT_ONCE)]
    sids = [account.twilio.sid() for _ in range(gateway.AT_ONCE)]

    def ask(sid):
        with pytest.raises(gateway.Unreachable) as caught:
            gateway.end_leg(sid, "completed")
        return caught.value.sent

    with ThreadPoolExecutor(gateway.AT_ONCE) as callers:
        assert list(callers.map(ask, sids)) == [True] * gateway.AT_ONCE
    met = threading.Barrier(gateway.AT_ONCE)
    places = [gateway._threads().submit(met.wait, patience(1)) for _ in range(gateway.AT_ONCE)]
    assert sorted(place.result(patience(3)) for place in places) == list(range(gateway.AT_ONCE))
