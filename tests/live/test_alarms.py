"""Alarms on their way to the desks: each is told of its own teams' alone, and of nothing twice."""

from calls.live.hub import Hub
from calls.live.mirror import Mirror
from tests.live.floor import Clock, Page

BILLING, SALES, NOBODYS = (7, {"id": 1}), (8, {"id": 2}), (None, {"id": 3})


def told(page):
    return [[alarm["id"] for alarm in message["alarms"]] for message in page.read() if message["op"] == "alarms"]


def a_hub():
    hub = Hub(Mirror(), Clock())
    hub.mirror.start("k3fq", 1, [])
    return hub


def test_each_desk_is_told_of_its_own_teams_and_only_of_news():
    hub = a_hub()
    ben, alice = (
        Page(hub, frozenset({(7, False)})).open(),
        Page(hub, frozenset({(7, True), (8, True), (None, True)})).open(),
    )
    for news in [[]], []:
        hub.warn([])
        assert (told(ben), told(alice)) == (news, news), "that all is quiet is told as well, once"
    for _ in range(2):
        hub.warn([BILLING, SALES, NOBODYS])
    assert (told(ben), told(alice)) == ([[1]], [[1, 2, 3]])
    hub.warn([SALES, NOBODYS])
    assert (told(ben), told(alice)) == ([[]], [[2, 3]])
    hub.warn([NOBODYS])
    assert (told(ben), told(alice)) == ([], [[3]])


def test_who_comes_later_is_told_what_is_open_and_who_reads_slowly_what_is_true_in_the_end():
    hub = a_hub()
    slow = Page(hub, frozenset({(7, False)}), acks=False).open()
    for n in range(400):
        hub.warn([(7, {"id": n})])
    assert slow.desk.behind
    late = Page(hub, frozenset({(7, False)})).open()
    hub.warn([(7, {"id": 399})])
    assert told(late) == [[399]]
    slow.read()
    hub.acked(slow.desk, slow.desk.n)
    hub.warn([(7, {"id": 399})])
    assert told(slow) == [[399]]
