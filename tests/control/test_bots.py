"""Who talks with an AI agent gets a person when it gives up, or when a supervisor says so: over real WebSockets."""

import contextlib
from collections.abc import Iterator

import pytest

from calls.flows import inbound
from calls.models import Call, Waiting
from tests.control import scenes
from tests.control.floor import Desk, opened, until

pytestmark = pytest.mark.floor


@pytest.fixture
def desk(database: None) -> Iterator[Desk]:
    with contextlib.ExitStack() as stack:
        floor = stack.enter_context(opened(1))
        yield floor.desks[0]
        floor.everybody_hangs_up()
        assert floor.server.tracebacks() == []


def status(call: Call) -> str:
    return Call.objects.get(pk=call.pk).status


def test_whom_it_hands_over_waits_in_the_queue_and_an_agent_is_called_in(desk: Desk) -> None:
    scene = scenes.with_a_bot(desk)
    desk.floor.ears.say(type="end", handoffData='{"reason": "lost card"}')
    ana = desk.rung(desk.agents["Ana"].contact)
    until(lambda: desk.truth(scene.first)["connected"], "the caller talks to Ana")
    until(lambda: status(scene.call) == "talking", "and the desk says so")
    assert Waiting.objects.get(call=scene.call).queue == desk.queue
    assert desk.sees(ana.sid) == scene.call


def test_who_is_done_with_it_hears_the_goodbye(desk: Desk) -> None:
    scene = scenes.with_a_bot(desk)
    desk.floor.ears.say(type="end")
    until(lambda: desk.row(scene.first, "completed"), "the call is over")
    assert desk.heard(scene.first, inbound.THANKS) == 1
    assert not Waiting.objects.exists()


def test_it_goes_away_without_a_word_and_the_caller_is_not_lost(desk: Desk) -> None:
    scene = scenes.with_a_bot(desk)
    desk.floor.ears.hang_up()
    desk.rung(desk.agents["Ana"].contact)
    until(lambda: status(scene.call) == "talking", "the caller talks to Ana")


def test_taken_over_given_back_and_taken_over_again(desk: Desk) -> None:
    scene = scenes.taken_from_a_bot(desk)
    assert status(scene.call) == "talking"
    assert desk.row(scene.other).who == f"Super{desk.number}"
    desk.does(scene.call, "hand_back")
    until(lambda: desk.talks_to_the_bot(scene.first) == 2, "the AI agent meets them again")
    until(lambda: desk.row(scene.other, "completed"), "the supervisor is hung up")
    until(lambda: status(scene.call) == "with-bot", "and the desk says so")
    assert desk.wish(scene.call, "hand_back").json()["code"] == "not_taken"
    desk.does(scene.call, "take_over", destination=desk.bo)
    desk.rung(desk.agents["Bo"].contact)
    until(lambda: status(scene.call) == "talking", "the caller talks to Bo")
