"""What simulated people do, decided without a telephone."""

import asyncio

import pytest

from simulator.chance import Chance
from simulator.clock import VirtualClock
from simulator.people import Manner, Person, manner_of_callee, manner_of_caller
from simulator.settings import Behaviour, Habits

DICE = Chance("1").dice


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("client:dana", {"answer": "busy"}),
        ("client:wes", {"answer": "answers", "after": 7}),
        ("sip:desk@pbx.example", {"answer": "no-answer", "one_call": True}),
        ("+14155550188", {"answer": "answers", "one_call": False}),
    ],
)
def test_the_first_rule_that_fits_holds_and_leaves_the_rest_to_habit(address, expected):
    rules = [
        Behaviour("client:dana", answer="busy"),
        Behaviour("client:*", after=7),
        Behaviour("sip:*@pbx.example", answer="no-answer"),
        Behaviour("client:wes", answer="rejects"),
    ]
    manner = manner_of_callee(address, Habits(), rules, DICE("x"))
    assert {name: getattr(manner, name) for name in expected} == expected


def test_habits_decide_how_many_answer():
    habits = Habits(busy=0.2, no_answer=0.3, rejects=0.1)
    answers = [manner_of_callee("+1", habits, [], DICE(n)).answer for n in range(2000)]
    shares = {answer: answers.count(answer) / 2000 for answer in set(answers)}
    assert shares == pytest.approx({"busy": 0.2, "no-answer": 0.24, "rejects": 0.056, "answers": 0.504}, abs=0.03)


def test_a_caller_of_the_traffic_always_hangs_up_in_the_end():
    manners = [manner_of_caller(Habits(gives_up=0.5), DICE(n)) for n in range(200)]
    assert all(manner.talks and manner.waits for manner in manners)
    assert 60 < sum(manner.waits <= 30 for manner in manners) < 140


def test_the_same_subject_has_the_same_luck_in_every_run():
    assert manner_of_caller(Habits(), DICE("a")) == manner_of_caller(Habits(), DICE("a"))
    assert manner_of_caller(Habits(), DICE("a")) != manner_of_caller(Habits(), Chance("2").dice("a"))


def test_talk_is_counted_over_all_conversations_and_patience_anew_each_time():
    hung_up, clock = [], VirtualClock()

    async def call():
        person = Person(Manner(talks=12, waits=20), clock, lambda: hung_up.append(clock.now()))
        person.begin()
        await clock.sleep(10)
        person.connect(True)
        await clock.sleep(6)
        person.connect(False)
        await clock.sleep(10)
        assert hung_up == []
        person.connect(True)
        await clock.sleep(12)
        assert len(hung_up) == 1
        person.gone()

    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        runner.run(call())
