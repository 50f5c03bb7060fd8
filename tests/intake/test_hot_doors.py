"""The doors that are routed ahead of Django: whichever way a request comes in, the same thing happens."""

import asyncio
from urllib.parse import unquote

import pytest
from django.db import connection
from django.urls import reverse

from callcenter.asgi import application, django_application
from calls import failpoints
from calls.intake import doors, writer
from calls.models import Leg, Report
from calls.twilio.signature import MAX_BODY
from tests.guards import figure
from tests.twilio.conftest import known_to_twilio  # noqa: F401
from tests.twilio.test_malformed import KINDS
from tests.twilio.test_signature import UNWANTED, WANTED
from tests.twilio.wire import RINGING, Wire, post

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("rows")]
TOLD = (b"content-type", b"allow", b"retry-after")  # Django's middleware adds what only a browser reads


class Line:
    """A connection to an ASGI application: the body comes in pieces, and what is said back is kept."""

    def __init__(self, wire, pieces=1, hangs_up=False):
        size = -(-len(wire.body) // pieces) or 1
        self.coming = [wire.body[at : at + size] for at in range(0, len(wire.body), size)] or [b""]
        self.hangs_up, self.taken = hangs_up, 0
        self.said = []
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": wire.method,
            "path": unquote(wire.path),
            "raw_path": wire.path.encode(),
            "root_path": "",
            "query_string": wire.query.encode("latin-1"),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in wire.headers],
            "client": ("203.0.113.7", 40000),
            "server": ("127.0.0.1", 8000),
        }

    async def receive(self):
        if self.taken < len(self.coming):
            self.taken += 1
            last = self.taken == len(self.coming) and not self.hangs_up
            return {"type": "http.request", "body": self.coming[self.taken - 1], "more_body": not last}
        if not self.hangs_up:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.said.append(message)

    async def ask(self, application):
        """(status, the headers that tell something, body); None if nothing was said."""
        await application(self.scope, self.receive, self.send)
        if not self.said:
            return None
        start, *rest = self.said
        told = {name.lower(): value for name, value in start["headers"] if name.lower() in TOLD}
        return start["status"], told, b"".join(part.get("body", b"") for part in rest)


async def both(wire, **how):
    """The answer, which is the same in both ways."""
    hot, ordinary = Line(wire, **how), Line(wire, **how)
    answers = await hot.ask(application), await ordinary.ask(django_application)
    assert answers[0] == answers[1], wire
    return answers[0]


async def counted(rows):
    return await asyncio.to_thread(count, rows)


def count(rows):
    try:
        return rows.count()
    finally:
        connection.close()


@pytest.fixture
def without_django(monkeypatch):
    async def asked(scope, receive, send):
        raise AssertionError("Django was asked")

    monkeypatch.setattr("callcenter.asgi.django_application", asked)


# Which way ---------------------------------------------------------------------------------------------------------


async def test_the_addresses_are_those_of_the_ordinary_views():
    assert {path.decode() for path in doors.HOT} == {reverse(f"twilio-{door}") for door in doors.HOT.values()}


@pytest.mark.parametrize("path", [path.decode() for path in doors.HOT])
async def test_a_callback_does_not_go_through_django(path, without_django):
    assert await Line(post(RINGING, path)).ask(application) is not None


ODD = {
    "another method": Wire(method="GET", path="/twilio/status/"),
    "a door that answers": post(RINGING, "/twilio/voice/"),
    "no slash": post(RINGING, "/twilio/status"),
    "one slash more": post(RINGING, "/twilio/status//"),
    "an encoded letter": post(RINGING, "/twilio/%73tatus/"),
    "a query that is not ASCII": post(RINGING).but(query="role=\xe9"),
}


@pytest.mark.parametrize("odd", ODD)
async def test_whatever_is_odd_is_djangos(odd):
    assert doors.hot_door(Line(ODD[odd]).scope) == ""


async def test_a_server_that_tells_less_or_mounts_us_elsewhere_goes_through_django():
    scope = Line(post(RINGING)).scope
    assert doors.hot_door(scope) == "status"
    assert doors.hot_door(scope | {"root_path": "/desk"}) == ""
    assert doors.hot_door({name: value for name, value in scope.items() if name != "raw_path"}) == ""


# The same answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WANTED)
async def test_what_is_signed_is_recorded_in_both_ways(name):
    assert await both(WANTED[name]()) == (204, {b"content-type": b"text/html; charset=utf-8"}, b"")
    assert await counted(Report.objects.filter(deliveries=2)) == await counted(Leg.objects) == 1


@pytest.mark.parametrize("name", UNWANTED)
async def test_what_is_not_signed_is_refused_in_both_ways(name):
    assert await both(UNWANTED[name]()) == (403, {b"content-type": b"text/plain"}, b"")
    assert await counted(Report.objects) == 0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_nonsense_is_refused_in_both_ways(kind, rng):
    for _ in range(figure(50)):
        wire = kind(rng)
        status, _, reason = await both(wire, pieces=rng.randrange(1, 5))
        assert status in (400, 403, 413), wire
        assert len(reason) < 100
    assert await counted(Report.objects) == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
async def test_a_callback_is_a_post_in_both_ways(method):
    assert (await both(Wire(method=method)))[:2] == (405, {b"content-type": b"text/plain", b"allow": b"POST"})


async def test_the_signature_twice_is_none_in_both_ways():
    wire = post(RINGING)
    (signature,) = [pair for pair in wire.headers if pair[0] == "x-twilio-signature"]
    assert (await both(wire.but(headers=(*wire.headers, signature))))[0] == 403


async def test_a_full_queue_and_a_broken_database_ask_to_come_again_in_both_ways(monkeypatch):
    monkeypatch.setattr(writer, "MOST_WAITING", 0)
    again = {b"content-type": b"text/html; charset=utf-8", b"retry-after": b"1"}
    assert await both(post(RINGING)) == (503, again, b"Too much is waiting; come again.")
    monkeypatch.undo()

    async def broken(report):
        raise OSError("no space left")

    monkeypatch.setattr(doors.writer, "record", broken)
    assert await both(post(RINGING)) == (503, again, b"Not recorded; come again.")


async def test_what_cannot_even_be_read_is_refused(monkeypatch):
    """Whatever a server puts into a scope: an answer, never an exception."""
    line = Line(post(RINGING))
    line.scope["client"] = 7
    assert (await line.ask(application))[0] == 403


# The body ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [1, 2, 7, 200])
async def test_a_body_may_come_in_pieces(pieces):
    assert (await both(post(RINGING), pieces=pieces))[0] == 204


async def test_a_body_that_is_too_long_is_not_read_to_its_end():
    line = Line(post((*RINGING, ("Note", "x" * 2_000_000))), pieces=500)
    status, _, reason = await line.ask(application)
    assert (status, reason) == (413, b"too large")
    assert line.taken * 4_100 < MAX_BODY + 8_200


async def test_who_hangs_up_in_the_middle_of_a_body_gets_no_answer_and_leaves_nothing():
    assert await both(post(RINGING), hangs_up=True) is None
    assert await counted(Report.objects) == 0


async def test_the_report_of_a_client_that_hangs_up_while_it_is_committed_is_kept():
    failpoints.armed["intake.before_commit"] = 0.3
    try:
        asked = asyncio.create_task(Line(post(RINGING)).ask(application))
        await asyncio.sleep(0.1)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert await asyncio.to_thread(doors.writer.flush, seconds=5)
    finally:
        failpoints.armed.clear()
    assert await counted(Report.objects) == 1
