"""Who may open the desk's socket, and what happens to those who say strange things on it."""

import asyncio
import base64
import json
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from calls.live import frames
from calls.live.consumers import PAID
from calls.live.hub import hub
from tests.guards import figure
from tests.live.browser import opening
from tests.live.conftest import eventually
from tests.live.server import ORIGIN

pytestmark = pytest.mark.asyncio
ORIGINS = [
    ORIGIN,
    None,
    "",
    "null",
    "https://127.0.0.1:8000",
    "http://127.0.0.1",
    "http://127.0.0.1:8001",
    "http://localhost:8000",
    "http://127.0.0.1:8000.evil.example",
    "http://127.0.0.1:8000@evil.example",
    "http://evil.example?http://127.0.0.1:8000",
    "http://evil.example, http://127.0.0.1:8000",
    "http://evil.example http://127.0.0.1:8000",
]
PROTOCOLS = ["supervisor.v2", None, "chat, supervisor.v2.1"]


async def knock(here, session: str, origin: str | None, protocol: str | None) -> int:
    """The HTTP status of one handshake, written by hand."""
    headers = ["Host: 127.0.0.1:8000", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    headers += [f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}"]
    headers += [f"Origin: {origin}"] * (origin is not None) + [f"Sec-WebSocket-Protocol: {protocol}"] * bool(protocol)
    headers += [f"Cookie: theme=dark; sessionid={session}"] * bool(session)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(here.url.rpartition(":")[2]))
    writer.write("\r\n".join(["GET /ws/desk/ HTTP/1.1", *headers, "", ""]).encode())
    status = int((await reader.readline()).split()[1])
    writer.transport.abort()
    return status


async def test_only_our_page_with_a_valid_session_and_our_protocol_is_let_in(here):
    valid, expired = [await here.session(here.people.users[0]) for _ in range(2)]
    late = timezone.now() - timedelta(seconds=1)
    await asyncio.to_thread(Session.objects.filter(session_key=expired).update, expire_date=late)
    answers = {
        (origin, session, protocol): await knock(here, session, origin, protocol)
        for origin in ORIGINS
        for session in ("", expired, valid)
        for protocol in PROTOCOLS
    }
    assert len(answers) == 117
    assert {asked: status for asked, status in answers.items() if status == 101} == {
        (ORIGIN, valid, "supervisor.v2"): 101
    }
    assert set(answers.values()) == {101, 403}
    await eventually(lambda: not hub.desks)


async def test_a_page_from_before_an_upgrade_is_told_so_and_nothing_else(here):
    session = await here.session(here.people.users[0])
    for version in ("supervisor.v1", "supervisor.v3"):
        async with opening(here.url, session, subprotocols=[version]) as old:
            with pytest.raises(ConnectionClosed):
                await old.recv()
            assert old.close_code == 4409
    async with opening(here.url, session, subprotocols=["supervisor.v1", "supervisor.v2"]) as both:
        assert both.subprotocol == "supervisor.v2"
    await eventually(lambda: not hub.desks)


async def test_who_may_watch_no_teams_calls_is_not_let_in(here):
    user = here.people.users[1]
    session = await here.session(user)
    assert await knock(here, session, ORIGIN, "supervisor.v2") == 101
    await asyncio.to_thread(user.memberships.all().delete)
    assert await knock(here, session, ORIGIN, "supervisor.v2") == 403
    assert (await here.picture(session)).status == 403
    assert (await here.picture("nobody")).status == 401


async def test_while_rights_cannot_be_read_nobody_is_let_in_and_nothing_breaks(here, monkeypatch, caplog):
    session = await here.session(here.people.users[0])

    def gone(keys):
        raise OSError("the database is away")

    monkeypatch.setattr("calls.live.rights.read_sessions", gone)
    assert await knock(here, session, ORIGIN, "supervisor.v2") == 403
    assert (await here.picture(session)).status == 503
    assert [record.name for record in caplog.records if record.exc_info] == []


STRANGE = {
    "no JSON": ("{", 4400),
    "nothing": ("", 4400),
    "a list": ("[]", 4400),
    "a word": ('"sync"', 4400),
    "null": ("null", 4400),
    "a thousand deep": ("[" * 1000 + "]" * 1000, 4400),
    "eight thousand deep": ("[" * 8000 + "]" * 8000, 4400),
    "a deep object": ('{"op":' * 1000 + "1" + "}" * 1000, 4400),
    "a number without end": ("9" * 9000, 4400),
    "NaN": ('{"op":"ping","id":NaN}', 4400),
    "no op": ("{}", 4400),
    "an unknown op": ('{"op":"end","call":"all"}', 4400),
    "an op that is not a word": ('{"op":["sync"]}', 4400),
    "half a sync": ('{"op":"sync","epoch":"x"}', 4400),
    "an ack ahead": ('{"op":"ack","n":1000}', 4400),
    "a negative ack": ('{"op":"ack","n":-1}', 4400),
    "an ack of a word": ('{"op":"ack","n":"1"}', 4400),
    "an ack of a fraction": ('{"op":"ack","n":0.5}', 4400),
    "an ack of true": ('{"op":"ack","n":true}', 4400),
    "a ping of a huge number": ('{"op":"ping","id":' + "9" * 4000 + "}", 4400),
    "binary": (b"\x00\x01", 4400),
    "binary JSON": (b'{"op":"ping","id":1}', 4400),
    "17 KiB": ('{"op":"ping","id":1,"x":"' + "x" * 17 * 1024 + '"}', 4413),
    "17 KiB in fewer letters": ('{"op":"ping","id":1,"x":"' + "東" * 6 * 1024 + '"}', 4413),
    "more than the server reads": ("x" * 70_000, 1009),
}


async def test_strange_words_close_the_socket_that_said_them_and_no_other(here, rng, caplog):
    users = here.people.users
    async with here.at_a_desk(users[0]) as witness:
        for what in list(STRANGE) * figure(20):
            said, code = STRANGE[what]
            async with here.on_the_wire(users[1]) as socket:
                if rng.random() < 0.5:
                    await socket.answers()
                await socket.connection.send(said)
                assert await socket.close_code() == code, what
        await here.happens(many=5)
        await here.the_boards_are_true({witness: users[0]})
        assert witness.closed is None
        assert len(hub.desks) == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_sync_with_somebody_elses_rights_shows_nothing_of_theirs(here):
    head, ben = here.people.users[0], here.people.users[1]
    theirs = (await here.picture(await here.session(head))).headers["X-Desk-Rights"]
    async with here.on_the_wire(ben) as socket:
        await socket.say(op="sync", epoch=hub.mirror.epoch, revision=0, rights=theirs)
        assert [message["why"] for message in await socket.answers()] == ["rights"]


async def test_a_flood_closes_the_socket(here):
    async with here.on_the_wire() as socket:
        try:
            for number in range(1_000):
                await socket.say(op="ping", id=number)
        except ConnectionClosed:
            pass
        assert await socket.close_code() == 4429
        assert len([message for message in socket.heard if message["op"] == "pong"]) == 60


async def test_sixty_messages_in_ten_seconds_are_no_flood(here):
    async with here.on_the_wire() as socket:
        for _ in range(60):
            await socket.answers()


async def test_acknowledging_much_is_no_flood_and_acknowledging_little_is(here):
    async with here.on_the_wire() as socket:
        (desk,) = hub.desks
        await socket.say(op="ack", n=desk.n)
        for size, times in ((PAID, 150), (1_000, 58)):
            for _ in range(times):
                desk.say(frames.message("filler", filler="x" * size), now=hub.clock())
                await socket.say(op="ack", n=(await socket.hear("filler"))["n"])
        await socket.answers()
        await socket.say(op="ping", id=0)  # the sixty-first that counts
        assert await socket.close_code() == 4429


async def test_the_ninth_socket_of_one_person_is_refused_and_the_eight_stay(here):
    head, ben = here.people.users[0], here.people.users[1]
    session = await here.session(head)
    sockets = [await opening(here.url, session) for _ in range(8)]
    for _ in range(figure(50)):
        ninth = await opening(here.url, session)
        with pytest.raises(ConnectionClosed):
            await ninth.recv()
        assert ninth.close_code == 4429
    assert len(hub.desks) == 8
    async with here.on_the_wire(ben):
        assert len(hub.desks) == 9
    await sockets.pop().close()
    await eventually(lambda: len(hub.desks) == 7)
    async with here.on_the_wire(session=session) as again:
        assert json.loads(json.dumps(await again.answers())) == []
    for socket in sockets:
        await socket.close()


async def test_a_process_takes_no_more_sockets_than_it_is_told(here, settings):
    settings.DESK_SOCKETS_PER_PROCESS = 2
    async with here.on_the_wire(here.people.users[0]), here.on_the_wire(here.people.users[1]):
        third = await opening(here.url, await here.session(here.people.users[2]))
        with pytest.raises(ConnectionClosed):
            await third.recv()
        assert third.close_code == 4429
