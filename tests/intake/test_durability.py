"""What was answered 2xx is on disk, whatever the process dies of and wherever it stood; what was not comes again."""

import itertools
import threading
import time
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from calls import failpoints
from calls.models import Call, Leg, Report
from calls.twilio.reports import digest
from tests.guards import figure
from tests.intake.account import Account, Door, Hand, reconciler
from tests.intake.conversations import COLUMNS, Conversation, make_floor
from tests.intake.exchange import CLIENTS, Exchange
from tests.live.server import Server

POINTS = ["intake.after_insert", "intake.before_commit", "intake.after_commit"]


def digest_of(statement):
    path, form = statement
    address = urlsplit(path)
    return digest(address.path.strip("/").rpartition("/")[2], address.path, address.query, list(form.items()))


def lost(accepted, conversations) -> list[str]:
    """Statements that were answered 2xx more often than the database knows, and calls that are not what they were."""
    kept = dict(Report.objects.values_list("digest", "deliveries"))
    answered = Counter(digest_of(statement) for statement in accepted)
    wrong = [f"{digest} was answered {times} times, kept {kept.get(digest, 0)}" for digest, times in answered.items()
             if kept.get(digest, 0) < times]  # fmt: skip
    legs = {leg["sid"]: leg for leg in Leg.objects.values("sid", *COLUMNS)}
    return wrong + [what for one in conversations for what in one.wrong(legs)]


@pytest.mark.load
@pytest.mark.lane_b
@pytest.mark.timeout(900)
def test_kill_9_at_any_moment_loses_nothing_that_was_answered(rows, billing, rng):
    """Eight callers after the other phone in at once, each at one of eight clients, while the server is killed."""
    make_floor(billing, 100)
    numbers, over, conversations = itertools.count(), threading.Event(), []
    seeds = [rng.random() for _ in range(CLIENTS)]
    now = timezone.now().replace(microsecond=0) - timedelta(minutes=5)

    with Server() as server:
        exchange = Exchange([server.port], tries=1000)

        def phone(seed):
            order = type(rng)(seed)
            while not over.is_set():
                conversation = Conversation(next(numbers), now)
                conversations.append(conversation)
                conversation.whole(exchange.post)
                told = [*conversation.told, *order.choices(conversation.told, k=3)]
                order.shuffle(told)
                for statement in told:
                    exchange.post(*statement)

        def kill():
            try:
                for _ in range(figure(12, least=2)):
                    time.sleep(rng.uniform(0.1, 2))
                    server.kill()
                    server.start()
                    kills.append(len(exchange.accepted))
                time.sleep(0.5)
            finally:
                over.set()

        kills: list[int] = []
        killer = threading.Thread(target=kill)
        killer.start()
        exchange.by_clients(phone, seeds)
        killer.join()
        assert len(kills) == figure(12, least=2)
        assert exchange.lost == []
        assert lost(exchange.accepted, conversations) == []
        assert Report.objects.count() == 8 * len(conversations)
        assert Call.objects.live().count() == 0
        assert "database is locked" not in server.said()
    print(f"{len(kills)} kills, {len(conversations)} calls, {len(exchange.accepted)} statements answered 2xx, 0 lost")


@pytest.mark.load
@pytest.mark.lane_b
@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_in_the_middle_has_promised_nothing(rows, billing, rng, point):
    make_floor(billing, 1)
    conversation = Conversation(1, timezone.now().replace(microsecond=0) - timedelta(minutes=5))
    with Server(LIVEDESK_FAILPOINT=f"{point}=exit") as server:
        exchange = Exchange([server.port])
        assert exchange.post(*conversation.phones()) == b""
        assert server.process.wait(10) == 137
        assert Report.objects.count() == (1 if point == "intake.after_commit" else 0)
        server.environment.pop("LIVEDESK_FAILPOINT")
        server.start()
        conversation.whole(exchange.post)
        exchange.deliver(conversation.told)
        assert lost(exchange.accepted, [conversation]) == []
    assert Report.objects.count() == 8


@pytest.mark.load
@pytest.mark.lane_b
@pytest.mark.parametrize("point", POINTS)
def test_crashes_between_any_two_steps_leave_all_or_nothing(twilio, billing, rng, point):
    """30 simulated crashes a point; whoever got no answer comes again."""
    make_floor(billing, 100)
    crashes, posts, accepted, conversations = 0, 0, [], []

    def post(path, form):
        nonlocal crashes, posts
        for attempt in range(3):
            if attempt == 0 and rng.random() < 0.3:
                failpoints.armed[point] = "raise"
            before = Report.objects.count()
            try:
                answer = twilio.post(path, form)
            except failpoints.SimulatedCrash:
                crashes += 1
                posts += point == "intake.after_commit"
                new = Report.objects.count() - before
                assert new <= (point == "intake.after_commit"), "something of a crashed transaction stayed"
            else:
                posts += 1
                accepted.append((path, form))
                return answer.content
            finally:
                failpoints.armed.clear()
        raise AssertionError("three crashes in a row")

    while crashes < figure(30, least=5):
        now = timezone.now().replace(microsecond=0) - timedelta(minutes=5)
        conversations.append(Conversation(len(conversations), now))
        conversations[-1].whole(post)
        for statement in rng.sample(conversations[-1].told, 6):
            post(*statement)
    assert lost(accepted, conversations) == []
    assert Report.objects.count() == 8 * len(conversations)
    assert sum(Report.objects.values_list("deliveries", flat=True)) == posts
    print(f"{point}: {crashes} crashes, {len(accepted)} statements answered, 0 lost")


@pytest.mark.load
@pytest.mark.lane_b
def test_a_comparison_that_dies_with_the_answer_in_its_hands_has_said_nothing_and_the_next_one_says_it(rows, line, rng):
    """30 crashes between Twilio's answer and our record of it; a new process knows nothing of the last one's lists."""
    account, crashes = Account(Hand(), rng), 0
    account.phones(figure(200, least=40), within=figure(1_200, least=120))
    door = Door(account)
    compared, enough = reconciler(door), figure(30, least=5)
    while account.time.at < figure(1_200, least=120) + 320:
        more = rng.random() < (0.7 if account.time.at < 60 or crashes >= enough else 1)
        if account.time.at < figure(1_200, least=120) + 200 and more:
            failpoints.armed["reconcile.after_read"] = "raise"
        before = Report.objects.count()
        try:
            compared.step()
        except failpoints.SimulatedCrash:
            crashes += 1
            assert Report.objects.count() == before
            compared = reconciler(door)
        finally:
            failpoints.armed.clear()
        account.time.wait(1)
    assert crashes >= enough
    assert Call.objects.live().count() == 0 and Call.objects.count() > 0
    said = {sid: account.lines[sid].status(1e9) for sid in Leg.objects.values_list("sid", flat=True)}
    assert dict(Leg.objects.values_list("sid", "status")) == said
    print(f"{crashes} crashes, {len(said)} legs, none left")
