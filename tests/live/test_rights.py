"""Rights change while desks are open: what somebody may not see any more leaves the screen, within one heartbeat."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from calls.live import hub as hub_module
from calls.live import rights as rights_module
from calls.live.hub import HEARTBEAT, Hub, hub
from calls.live.mirror import Mirror
from calls.live.tail import tail
from calls.models import Call, Membership, Team, publish
from tests.guards import figure
from tests.live.browser import Browser
from tests.live.conftest import Here, eventually
from tests.live.floor import Clock, Floor, Page, rights
from tests.live.people import NUMBERS

MASKED, FULL, OTHER = frozenset({(1, False)}), frozenset({(1, True)}), frozenset({(2, True)})


def a_page(audience=MASKED) -> tuple[Hub, Page, Floor]:
    floor, hub = Floor(Random(3)), Hub(Mirror(), Clock())
    for _ in range(20):
        floor.change()
    hub.mirror.start("k3fq", floor.revision, floor.cards())
    page = Page(hub, audience).open()
    page.read()
    return hub, page, floor


def ops(page: Page) -> list[str]:
    return [message["op"] for message in page.read()]


# At the hub ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [FULL, OTHER, MASKED | {(2, False)}], ids=["numbers", "another team", "one more team"])
def test_any_change_leaves_the_audience_at_once_and_says_rights_and_reload(new):
    hub, page, _ = a_page()
    hub.regard(page.desk, rights(new))
    assert page.desk.audience is None and page.desk not in hub.crowd(MASKED).desks
    assert ops(page) == ["rights", "reload"]
    assert page.desk.audience == new
    assert page.heard[-2]["rights"] == rights(new).digest


def test_nothing_of_the_old_team_is_said_between_the_change_and_the_reload():
    hub, page, floor = a_page()
    hub.regard(page.desk, rights(OTHER))
    for _ in range(30):
        floor.change()
        hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=hub.mirror.revision)))
    hub.good_at = hub.clock()
    hub.beat()
    assert [page.waiting[0].split('"op":')[1][:8], len(page.waiting)] == ['"rights"', 2]
    page.read()
    assert {call["team"] for call in page.board.calls.values()} <= {2}


def test_the_same_rights_again_are_no_news():
    hub, page, _ = a_page()
    hub.regard(page.desk, rights(MASKED))
    assert ops(page) == [] and page.desk.audience == MASKED


GONE = {
    "the session": (None, 4401),
    "the password": (replace(rights(MASKED), secret="a new one"), 4401),
    "the last team": (rights(frozenset()), 4403),
}


@pytest.mark.parametrize("what", GONE)
def test_who_has_no_session_or_no_team_any_more_is_shown_the_door(what):
    fresh, code = GONE[what]
    hub, page, _ = a_page()
    hub.regard(page.desk, fresh)
    assert page.closed == code
    assert page.desk not in hub.desks and page.desk not in hub.crowd(MASKED).desks


def test_a_desk_that_is_behind_hears_of_its_new_rights_before_anything_else(monkeypatch):
    monkeypatch.setattr(hub_module, "WINDOW_MESSAGES", 4)
    hub, page, floor = a_page()
    page.acks = False
    hub.good_at = hub.clock()
    while not page.desk.behind:
        hub.beat()
    hub.regard(page.desk, rights(OTHER))
    page.read()
    assert "rights" not in [message["op"] for message in page.heard]
    page.acks = True
    hub.acked(page.desk, page.desk.n)
    assert ops(page) == ["rights", "reload"]
    assert page.desk.audience == OTHER


# Over real sockets --------------------------------------------------------------------------------------------------


class Desk:
    """One person's open desk, and what has to become of it."""

    def __init__(self, browser: Browser, user: User, key: str) -> None:
        self.browser, self.user, self.session = browser, user, key

    def lose_a_team(self) -> None:
        Membership.objects.filter(user=self.user).first().delete()

    def gain_a_team(self) -> None:
        free = Team.objects.exclude(memberships__user=self.user).first()
        Membership.objects.create(user=self.user, team=free, group=Membership.objects.first().group)

    def lose_a_group(self) -> None:
        self.user.groups.clear()

    def gain_everything(self) -> None:
        self.user.is_superuser = True
        self.user.save()

    def sign_out(self) -> None:
        Session.objects.filter(session_key=self.session).delete()

    def run_out(self) -> None:
        Session.objects.filter(session_key=self.session).update(expire_date=timezone.now() - timedelta(seconds=1))

    def be_disabled(self) -> None:
        self.user.is_active = False
        self.user.save()

    def have_a_new_password(self) -> None:
        self.user.set_unusable_password()
        self.user.save()

    def be_deleted(self) -> None:
        User.objects.filter(pk=self.user.pk).delete()


STAY = [Desk.lose_a_team, Desk.gain_a_team, Desk.lose_a_group, Desk.gain_everything]
LEAVE = [Desk.sign_out, Desk.run_out, Desk.be_disabled, Desk.have_a_new_password, Desk.be_deleted]


@pytest.mark.asyncio
async def test_who_loses_something_loses_it_on_the_open_screen(here, rng):
    """Each of a hundred changes hits somebody; two beats later nobody shows what that person may not see."""
    for _ in range(figure(100) // 10):
        changes = [*STAY, *LEAVE, rng.choice(LEAVE)]
        here.people.users = users = await asyncio.to_thread(hire, here, len(changes))
        async with asyncio.TaskGroup() as opening:
            tasks = [opening.create_task(open_desk(here, user)) for user in users]
        desks = [task.result() for task in tasks]
        try:
            await here.happens(many=20)
            await here.the_boards_are_true({desk.browser: desk.user for desk in desks})
            for change, desk in zip(changes, desks, strict=True):
                await asyncio.to_thread(change, desk)
            await eventually(
                lambda changes=changes, desks=desks: all(
                    desk.browser.closed == 4401 if change in LEAVE else desk.browser.reloads
                    for change, desk in zip(changes, desks, strict=True)
                ),
                HEARTBEAT + 0.5,
                lambda changes=changes, desks=desks: str(
                    [(c.__name__, d.browser.closed, d.browser.reloads) for c, d in zip(changes, desks, strict=True)]
                ),
            )
            here.people.users = [desk.user for change, desk in zip(changes, desks, strict=True) if change in STAY]
            staying = {desk.browser: desk.user for change, desk in zip(changes, desks, strict=True) if change in STAY}
            for desk in desks:
                desk.browser.log.append([])
            await here.happens(many=20)
            await here.the_boards_are_true(staying)
            for change, desk in zip(changes, desks, strict=True):
                if change in STAY:
                    may = set(await asyncio.to_thread(here.people.sees, desk.user.pk))
                    said = [entry[1] for entry in desk.browser.log[-1] if entry[0] == "heard"]
                    assert {call.get("team") for message in said for call in message.get("calls", [])} <= may
                else:
                    assert desk.browser.log[-1] == [] and desk.browser.board.calls == {}
        finally:
            for desk in desks:
                await desk.browser.__aexit__()


def hire(here: Here, many: int) -> list[User]:
    """People with two teams, a group and no all_teams."""
    people = here.people
    first = User.objects.count() * 1_000 + 1
    hired = [people.hire(first + 5 * number) for number in range(many)]  # 5n+1: nobody heads the floor
    for user in hired:
        assert people.heads not in user.groups.all()
        user.groups.set([people.numbers])
        Membership.objects.filter(user=user).delete()
        for team in people.teams[:2]:
            Membership.objects.create(user=user, team=team, group=people.groups[0])
        team.show_numbers = True
        team.save()
    return hired


async def open_desk(here: Here, user: User) -> Desk:
    key = await here.session(user)
    browser = Browser(here.url, key, here.http, here.rng)
    await browser.__aenter__()
    await eventually(lambda: browser.board.revision is not None)
    return Desk(browser, user, key)


@pytest.mark.asyncio
async def test_a_page_that_knows_newer_rights_than_its_socket_is_believed_after_a_look(here):
    ben = here.people.users[1]
    session = await here.session(ben)
    async with here.on_the_wire(session=session) as socket:
        await asyncio.to_thread(ben.groups.add, here.people.heads)
        picture = await here.picture(session)
        at = picture.json()
        await socket.say(op="sync", epoch=at["epoch"], revision=at["revision"], rights=picture.headers["X-Desk-Rights"])
        assert [message["op"] for message in await socket.answers()] == ["rights"]
        assert next(iter(hub.desks)).audience is not None


@pytest.mark.asyncio
async def test_a_page_and_a_socket_that_are_both_behind_the_rows_hear_one_reload(here, monkeypatch):
    ben = here.people.users[1]
    async with here.on_the_wire(ben) as socket:
        monkeypatch.setattr(tail, "look_at_rights", unseen)
        await asyncio.to_thread(ben.groups.add, here.people.heads)
        await socket.say(op="sync", epoch=hub.mirror.epoch, revision=hub.mirror.revision, rights="of last week")
        assert [message["op"] for message in await socket.answers()] == ["rights", "reload"]


async def unseen() -> None:
    """A heartbeat at which nobody looks at rights."""


@pytest.mark.asyncio
async def test_a_socket_that_is_cut_while_its_rights_are_read_leaves_nothing_behind(here, monkeypatch):
    reading = rights_module.read_sessions

    def slowly(keys):
        time.sleep(0.3)
        return reading(keys)

    async with here.on_the_wire() as socket:
        monkeypatch.setattr(rights_module, "read_sessions", slowly)
        await socket.say(op="sync", epoch=hub.mirror.epoch, revision=hub.mirror.revision, rights="of later")
        await asyncio.sleep(0.1)
        socket.connection.transport.abort()
    await eventually(lambda: not hub.desks)
    await asyncio.sleep(0.5)
    assert not any(crowd.desks for crowd in hub.crowds.values())


@pytest.mark.asyncio
async def test_a_call_that_changes_team_leaves_the_one_screen_and_comes_to_the_other(here):
    billing, sales = here.people.teams[:2]
    users = await asyncio.to_thread(hire_for, here, [billing, sales])
    here.traffic.lines = [NUMBERS[0]]
    await here.happens(here.traffic.begins())
    async with here.at_a_desk(users[0]) as first, here.at_a_desk(users[1]) as second:
        call = await asyncio.to_thread(Call.objects.live().filter(team=billing).first)
        assert str(call.pk) in first.board.calls and str(call.pk) not in second.board.calls

        def move() -> None:
            with transaction.atomic():
                Call.objects.filter(pk=call.pk).update(team=sales)
                publish([call.pk], shape=[call.pk])

        await asyncio.to_thread(move)
        await eventually(lambda: str(call.pk) not in first.board.calls and str(call.pk) in second.board.calls, 1)


def hire_for(here: Here, teams: list[Team]) -> list[User]:
    hired = []
    for team in teams:
        user = User.objects.create(username=f"of {team}", password="!")
        Membership.objects.create(user=user, team=team, group=here.people.groups[0])
        hired.append(user)
    here.people.users += hired
    return hired
