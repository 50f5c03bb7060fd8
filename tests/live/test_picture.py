"""The snapshot by HTTP, and what a desk hears when the database cannot be read."""

import asyncio
import re
import threading
from datetime import datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection

from calls.live import hub as hub_module
from calls.live import mirror as mirror_module
from calls.live import rights as rights_module
from calls.live import tail as tail_module
from calls.live.hub import hub
from calls.live.rights import watch
from calls.live.tail import tail
from calls.models import Call
from tests.live.conftest import eventually
from tests.live.people import shown
from tests.live.reducer import whole

pytestmark = pytest.mark.asyncio


async def test_the_picture_says_what_it_is_of_whose_and_when(here):
    ben = here.people.users[1]
    response = await here.picture(await here.session(ben))
    snapshot = response.json()
    assert response.status == 200
    assert (snapshot["epoch"], snapshot["revision"]) == (hub.mirror.epoch, hub.mirror.revision)
    floor = await asyncio.to_thread(here.people.floor)
    assert shown({call["id"]: whole(call) for call in snapshot["calls"]}) == here.people.board_of(ben, floor)
    assert re.fullmatch(r"[0-9a-f]{12}", response.headers["X-Desk-Rights"])
    assert datetime.fromisoformat(response.headers["X-Desk-Now"]).tzinfo is not None
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Cache-Control"] == "no-store"
    epoch, position, audience = response.headers["ETag"].strip('"').split(".", 2)
    assert (epoch, int(position)) == (snapshot["epoch"], snapshot["revision"]) and audience


async def test_nothing_new_is_a_304_until_there_is_something_new_for_this_person(here, monkeypatch):
    head, ben = here.people.users[0], here.people.users[1]
    session = await here.session(head)
    first = await here.picture(session)
    again = await here.picture(session, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["X-Desk-Rights"] == first.headers["X-Desk-Rights"]
    other = await here.picture(await here.session(ben), **{"If-None-Match": first.headers["ETag"]})
    assert other.status == 200
    await here.happens(here.traffic.begins())
    later = await here.picture(session, **{"If-None-Match": first.headers["ETag"]})
    assert later.status == 200 and later.headers["ETag"] != first.headers["ETag"]


async def test_a_picture_is_packed_once_for_all_who_may_see_the_same(here, monkeypatch):
    packed = []
    monkeypatch.setattr(mirror_module.packing, "gzipped", lambda *parts: packed.append(parts) or gzipped(*parts))
    heads = [here.people.users[0], here.people.users[5]]
    sessions = [await here.session(head) for head in heads for _ in range(3)]
    await here.happens(here.traffic.begins())
    responses = await asyncio.gather(*(here.picture(session) for session in sessions * 3))
    assert len({response.body for response in responses}) == 1
    assert len(packed) == 1
    await here.happens(here.traffic.begins())
    await asyncio.gather(*(here.picture(session) for session in sessions))
    assert len(packed) == 2


gzipped = mirror_module.packing.gzipped


async def test_who_takes_no_gzip_gets_the_same_as_it_is(here):
    session = await here.session(here.people.users[0])
    await here.happens(many=20)
    packed = await here.picture(session, **{"Accept-Encoding": "deflate, GZIP;q=0.5"})
    assert packed.headers["Content-Encoding"] == "gzip"
    for accepted in ("identity", "gzip;q=0, br", "deflate, gzip; q=0.0", ""):
        plain = await here.picture(session, **{"Accept-Encoding": accepted})
        assert "Content-Encoding" not in plain.headers
        assert plain.json() == packed.json() and plain.json()["calls"]


@pytest.mark.parametrize("who", ["head", "nobody"])
async def test_ahead_of_django_and_through_it_the_answer_is_the_same(here, who):
    session = await here.session(here.people.users[0]) if who == "head" else "gone"
    ahead = await here.picture(session)
    cookie = {"Cookie": f"sessionid={session}"}
    async with here.http.get(f"{here.url}/desk/board/?through=django", headers=cookie) as through:
        assert (through.status, await through.read()) == (ahead.status, ahead.body)
    ours, djangos = (
        {
            name.lower(): value.replace("Accept-Language, ", "")
            for name, value in headers.items()
            if name.lower() not in OWN
        }
        for headers in (ahead.headers, through.headers)
    )
    assert ours == djangos
    assert {"content-security-policy", "x-content-type-options", "x-frame-options"} <= ours.keys()


# Of the server, of the moment, and a session that is gone loses its cookie at the next page. A board is in no language.
OWN = {"date", "server", "content-length", "transfer-encoding", "x-desk-now", "set-cookie", "content-language"}


@pytest.mark.lane_b(only=True)
async def test_a_desk_opens_though_the_database_has_let_go_of_who_reads_rights(here):
    """PostgreSQL was started anew, or something between us and it forgets idle connections."""
    session = await here.session(here.people.users[0])
    assert (await here.picture(session)).status == 200
    reader = await asyncio.get_running_loop().run_in_executor(watch._executor, backend)
    await asyncio.to_thread(let_go_of, reader)
    assert (await here.picture(session)).status == 200


@pytest.mark.lane_b
@pytest.mark.parametrize("odd", ["\0", "x\0y", "é", "a" * 5_000, "' OR 1=1", "a b"])
async def test_nobody_elses_cookie_spoils_the_reading_of_mine(here, odd):
    """All who ask in one moment are read for by one statement; PostgreSQL refuses a whole one for a NUL."""
    session = await here.session(here.people.users[0])
    mine, odds = await asyncio.gather(watch.read([session]), watch.read([odd]))
    assert (list(mine), odds) == ([session], {})


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def let_go_of(reader: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [reader])


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
@pytest.mark.parametrize("what", ["the board", "the rights"])
async def test_while_the_database_cannot_be_read_desks_are_told_and_no_picture_is_given(
    here, monkeypatch, what, trouble
):
    """`head` is a promise that the board is as of now: nobody makes it without a good read."""
    over = threading.Event()

    def away(*asked):
        if trouble == "hangs":
            over.wait(20)
        raise OperationalError("the database is away")

    monkeypatch.setattr(tail_module, "HEARTBEAT", 0.4)
    monkeypatch.setattr(tail_module, "POLL", 0.1)
    monkeypatch.setattr(hub_module, "BOARD_AGE", 0.5)
    user = here.people.users[0]
    session = await here.session(user)
    async with here.on_the_wire(session=session) as socket, here.at_a_desk(user) as desk:
        await eventually(lambda: "head" in [message["op"] for message in desk.heard])
        reads = pytest.MonkeyPatch()
        if what == "the board":
            reads.setattr(tail_module, "read", away)
        else:
            reads.setattr(rights_module, "read_sessions", away)
        stale = await socket.hear("stale", within=5)
        assert stale["since"] and datetime.fromisoformat(stale["since"]).tzinfo is not None
        refused = await here.picture(session)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
        second = await socket.hear("stale", within=4)
        assert what == "the rights" or second["since"] == stale["since"]
        reads.undo()
        over.set()
        await here.happens(many=3)
        count = len(desk.heard)
        await eventually(lambda: "head" in [message["op"] for message in desk.heard[count:]])
        assert desk.closed is None and len(desk.log) == 1
        await here.the_boards_are_true({desk: user})
        assert (await here.picture(session)).status == 200


async def test_who_may_not_see_numbers_finds_none_anywhere(here):
    """In the snapshot, in frames, in the whole call: without the permission, and in teams that show none to anybody."""
    head, ben = here.people.users[0], here.people.users[1]  # Billing and Care mask for everybody; ben may see none
    await asyncio.to_thread(ben.groups.clear)
    await asyncio.to_thread(ben.memberships.all().delete)
    for team in here.people.teams:
        await asyncio.to_thread(ben.memberships.create, team=team, group=here.people.groups[0])
    view = await asyncio.to_thread(Permission.objects.get, codename="view_call")
    await asyncio.to_thread(ben.user_permissions.add, view)
    for user, hidden in ((ben, None), (head, "Sales")):
        async with here.at_a_desk(user) as desk:
            await here.happens(many=80)
            await here.the_boards_are_true({desk: user})
            calls = await asyncio.to_thread(lambda: list(Call.objects.select_related("team")))
            open_to_all = {str(call.pk) for call in calls if hidden and call.team and call.team.name == hidden}
            told = [
                call
                for connection in desk.log
                for entry in connection
                if entry[0] != "sync"
                for call in entry[1].get("calls", [])
            ]
            assert told
            for call in told:
                if call["id"] not in open_to_all:
                    assert not REAL.search(str(call)), call
            cookie = {"Cookie": f"sessionid={desk.session}"}
            looked = 0
            for call in calls[:30]:
                async with here.http.get(f"{here.url}/calls/{call.pk}/", headers=cookie) as response:
                    if response.status == 200 and str(call.pk) not in open_to_all:
                        looked += 1
                        assert not REAL.search(await response.text())
            assert looked


REAL = re.compile(r"1?\(?4155\D{0,2}55\D{0,2}\d{4}")  # all that is not our line's in this traffic


async def test_a_hung_read_does_not_keep_the_others_waiting_for_the_clock(here):
    """The hub's own view of time: a read older than two seconds is no live board."""
    assert hub.live
    hub.good_at -= hub_module.BOARD_AGE
    assert not hub.live
    await tail.read_now()
    assert hub.live
