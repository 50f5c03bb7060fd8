"""Many calls at once at a live server: nothing is locked, nothing is lost, and the board is what the rows are."""

import gzip
import json
import random
import time
import urllib.request
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from calls.live import lean
from calls.live.tail import read
from calls.models import Board, Call, Leg, Report
from tests.guards import figure, patience
from tests.intake.conversations import COLUMNS, Conversation, make_floor
from tests.intake.exchange import Exchange
from tests.live.server import Server, here, signed_in


@pytest.fixture
def servers(rows):
    """On SQLite one process, on PostgreSQL two: there the locks between processes are the point."""
    with ExitStack() as running:
        yield [running.enter_context(Server()) for _ in range(1 if connection.vendor == "sqlite" else 2)]


def doubled(statements, rng):
    twice = [*statements, *statements]
    rng.shuffle(twice)
    return twice


def begin(exchange: Exchange, conversations: list[Conversation], rng: random.Random) -> None:
    """Everybody phones in and is put through; each request twice, and the same answer both times."""
    for ask, hears in (
        (Conversation.phones, Conversation.was_greeted),
        (Conversation.waits, Conversation.was_put_through),
    ):
        twice = doubled(conversations, rng)
        answers = exchange.deliver(ask(one) for one in twice)
        heard = dict(zip((one.number for one in twice), answers, strict=True))
        assert all(heard[one.number] == answer for one, answer in zip(twice, answers, strict=True))
        for one in conversations:
            hears(one, heard[one.number])


def deadlocks() -> int:
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def unlike_rows(servers: list[Server], session: str) -> list[str]:
    """Where the boards that these servers show are not what the database says, once they had time to read it."""
    wrong = []
    for server in servers:
        until = time.monotonic() + patience(3)
        while (shown := board(server, session))["revision"] < Board.objects.get().revision:
            assert time.monotonic() < until, "the board does not follow"
            time.sleep(0.05)
        fresh = {str(card.id): json.loads(card.masked) for card in read("", 0).cards if not card.off}
        calls = {call["id"]: call for call in shown["calls"]}
        wrong += [
            f"{call}: shown {calls.get(call)}, is {fresh.get(call)}"
            for call in calls.keys() | fresh.keys()
            if calls.get(call) != fresh.get(call)
        ]
    return wrong


def board(server: Server, session: str) -> dict:
    headers = {"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"{server.url}/desk/board/", headers=headers)
    with here.open(request, timeout=10) as answer:
        return json.loads(gzip.decompress(answer.read()))


def everything_that_was_said(exchange: Exchange, conversations: list[Conversation]) -> list[str]:
    """What is wrong with the rows once every call was told to its end."""
    legs = {leg["sid"]: leg for leg in Leg.objects.values("sid", *COLUMNS)}
    wrong = [what for one in conversations for what in one.wrong(legs)]
    if Report.objects.count() != 8 * len(conversations):
        wrong.append(f"{Report.objects.count()} rows for {8 * len(conversations)} statements")
    deliveries = sum(Report.objects.values_list("deliveries", flat=True))
    if deliveries != len(exchange.accepted):
        wrong.append(f"{deliveries} deliveries of {len(exchange.accepted)} that were accepted")
    if live := Call.objects.live().count():
        wrong.append(f"{live} calls are left live")
    if len(legs) != 2 * len(conversations):
        wrong.append(f"{len(legs)} legs of {len(conversations)} calls")
    return wrong


def complaints(servers: list[Server]) -> list[str]:
    words = ("locked", "deadlock", "Traceback", "ERROR", "IntegrityError")
    return [line for server in servers for line in server.said().splitlines() if any(word in line for word in words)]


@pytest.mark.load
@pytest.mark.lane_b
@pytest.mark.timeout(600)
def test_every_callback_twice_from_eight_clients_at_once(servers, billing, rng):
    """200 calls, 3,200 posts."""
    count, deadlocked = figure(200), deadlocks()
    make_floor(billing, count)
    exchange = Exchange([server.port for server in servers])
    now = timezone.now().replace(microsecond=0) - timedelta(minutes=5)
    conversations = [Conversation(number, now) for number in range(count)]
    began = time.monotonic()
    begin(exchange, conversations, rng)
    rest = doubled([statement for one in conversations for statement in one.told], rng)
    exchange.deliver(rest)
    took = time.monotonic() - began
    assert {status for status in exchange.answers} == {200, 204}
    assert len(exchange.accepted) == 16 * count
    assert everything_that_was_said(exchange, conversations) == []
    assert complaints(servers) == []
    assert deadlocks() == deadlocked
    assert exchange.percentile(0.99) < patience(0.5)
    print(
        f"{len(exchange.accepted)} posts in {took:.1f} s, p50 {exchange.percentile(0.5) * 1000:.0f} ms,"
        f" p99 {exchange.percentile(0.99) * 1000:.0f} ms, {Report.objects.count()} rows, {deadlocks()} deadlocks"
    )


@pytest.mark.load
@pytest.mark.lane_b
@pytest.mark.timeout(600)
def test_conversations_with_shuffled_and_doubled_callbacks_end_and_the_board_is_the_database(
    servers, billing, alice, rng
):
    """200 conversations from eight clients. Half are told whole at first, of the others the end comes later."""
    count, deadlocked, session = figure(200), deadlocks(), signed_in(alice)
    make_floor(billing, count)
    exchange = Exchange([server.port for server in servers])
    now = timezone.now().replace(microsecond=0) - timedelta(minutes=1)  # who ended long ago is no news
    conversations = [Conversation(number, now) for number in range(count)]
    begin(exchange, conversations, rng)
    assert unlike_rows(servers, session) == []
    assert len(board(servers[0], session)["calls"]) == count
    whole, open_ended = conversations[: count // 2], conversations[count // 2 :]
    early = [statement for one in open_ended for statement in one.told[:3]]
    exchange.deliver(doubled([*early, *(statement for one in whole for statement in one.told)], rng))
    assert unlike_rows(servers, session) == []
    shown = [lean.CALL | call for call in board(servers[0], session)["calls"]]
    assert {call["status"] for call in shown} == {"talking"}
    assert len(shown) == len(open_ended)
    exchange.deliver(doubled([statement for one in open_ended for statement in one.told], rng))
    assert set(exchange.answers) == {200, 204}
    assert everything_that_was_said(exchange, conversations) == []
    assert unlike_rows(servers, session) == []
    assert board(servers[0], session)["calls"] == []
    assert complaints(servers) == []
    assert deadlocks() == deadlocked
    print(
        f"{count} conversations, {len(exchange.accepted)} posts, 0 live, board = database in {len(servers)} processes"
    )
