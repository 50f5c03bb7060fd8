"""Old board and frames are the new board: on a floor where anything happens, without a database."""

from random import Random

import pytest

from calls.live import hub as hub_module
from calls.live.hub import Hub
from calls.live.mirror import Mirror
from tests.guards import figure
from tests.live import vectors
from tests.live.floor import AUDIENCES, KINDS, Clock, Floor, Page, fresh
from tests.live.reducer import Board


def a_floor(rng: Random) -> tuple[Floor, Hub, list[Page]]:
    floor, hub = Floor(rng), Hub(Mirror(), Clock())
    for _ in range(rng.randrange(12)):
        floor.change()
    hub.mirror.start("k3fq", floor.revision, floor.cards())
    return floor, hub, [Page(hub, audience).open() for audience in AUDIENCES]


def tick(floor: Floor, hub: Hub, *kind: str) -> None:
    floor.change(*kind)
    hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=hub.mirror.revision)))
    hub.good_at = hub.clock()


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_the_old_board_and_the_frames_are_the_new_board(rng, kind):
    for _ in range(figure(40)):
        floor, hub, pages = a_floor(rng)
        for change in (kind, (), kind):
            tick(floor, hub, *change)
            hub.beat()
            for page in pages:
                page.read()
                assert page.board.calls == fresh(floor, page.desk.rights.audience)


def test_a_page_that_was_away_resumes_to_the_same_board(rng):
    for _ in range(figure(200)):
        floor, hub, pages = a_floor(rng)
        for page in pages:
            hub.leave(page.desk)
        for _ in range(rng.randrange(1, 8)):
            tick(floor, hub)
        for away in pages:
            back = Page(hub, away.desk.rights.audience)
            back.board = away.board
            back.sync()
            assert "reload" not in [message["op"] for message in back.read()]
            assert back.board.calls == fresh(floor, back.desk.rights.audience)


def test_who_missed_any_of_the_frames_asks_and_has_the_same_board(rng):
    """TCP loses nothing, but a page may: a later frame shows the gap."""
    for _ in range(figure(200)):
        floor, hub, pages = a_floor(rng)
        for page in pages:
            page.read()
        for _ in range(10):
            tick(floor, hub)
            for page in pages:
                if rng.random() < 0.4:
                    page.waiting.clear()
        for page in pages:
            page.read()
            if page.board.missing or page.board.revision < hub.crowd(page.desk.rights.audience).position:
                page.sync()  # as a head one beat later would make it
                page.read()
            assert page.board.calls == fresh(floor, page.desk.rights.audience)


def test_a_quiet_team_gets_no_frames_and_can_still_resume_after_ten_thousand_calls_of_others(monkeypatch):
    """Its position is older than the ring. It missed nothing all the same, so no reload comes round and round."""
    monkeypatch.setattr("calls.live.mirror.RING", 20)
    floor, hub = Floor(Random(1)), Hub(Mirror(), Clock())
    floor.begin()
    for call in floor.calls.values():
        call.team = floor.teams[1]
    hub.mirror.start("k3fq", floor.revision, floor.cards())
    quiet = frozenset({(2, False)})
    first = Page(hub, quiet).open()
    for _ in range(60):
        floor.begin()
        for call in floor.live():
            call.team = floor.teams[1]
            floor.end(call, "missed")
        hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=hub.mirror.revision)))
    assert [message["op"] for message in first.read()] == ["hello"]
    assert hub.mirror.floor > first.board.revision
    second = Page(hub, quiet).open()
    assert [message["op"] for message in second.read()] == ["hello"]
    assert second.desk in hub.crowd(quiet).desks


def test_a_tick_larger_than_the_window_is_a_reload(monkeypatch):
    monkeypatch.setattr(hub_module, "WINDOW_BYTES", 20_000)
    monkeypatch.setattr(hub_module, "CATCH_UP_BYTES", 10_000)
    floor, hub = Floor(Random(1)), Hub(Mirror(), Clock())
    hub.mirror.start("k3fq", 0, [])
    page = Page(hub, AUDIENCES[5]).open()
    page.read()
    for _ in range(90):
        floor.begin()
    hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=0)))
    assert [message["op"] for message in page.read()] == ["reload"]
    assert page.board.calls == fresh(floor, page.desk.rights.audience)
    assert len(page.board.calls) == 90


@pytest.mark.parametrize("vector", vectors.vectors(), ids=lambda vector: vector["name"])
def test_the_golden_vectors_hold_for_the_rules(vector):
    board = Board()
    if vector["start"]:
        board.start(vector["start"])
    for message in vector["messages"]:
        board.hear(message)
    assert {"revision": board.revision, "calls": board.calls} == vector["end"]


def test_the_golden_vectors_are_of_today():
    assert vectors.FILE.read_text() == vectors.text(), "write them anew: python -m tests.live.vectors"
