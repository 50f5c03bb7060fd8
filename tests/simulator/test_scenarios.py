"""A scenario is read, checked and played: what its people did is seen at the application's door, and in the truth."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from simulator.cli import read as read_command_line
from simulator.from_json import WrongSetting
from simulator.scenario import names, read, settings_of
from simulator.testing import RunningSimulator

from .conftest import CALLER, NUMBER, STAY, dial, let_pass

NUMBERS = """
title = "A test"
[[numbers]]
phone_number = "+15005550100"
friendly_name = "Support"
voice_url = "{application}/voice/"
"""


@pytest.fixture
def played(tmp_path, application):
    """Starts a simulator with the scenario that is given as text; the numbers are there already."""
    running = []

    def play(text, **settings):
        file = tmp_path / "scenario.toml"
        file.write_text(NUMBERS + text)
        places = {"application": application.url}
        running.append(RunningSimulator(scenario=str(file), places=places, **{"speed": 100, **settings}).__enter__())
        return running[-1]

    yield play
    for simulator in running:
        faults = [note for note in simulator.truth()["notes"] if note["code"] == 0]
        simulator.__exit__(None, None, None)
        assert faults == []


@pytest.fixture
def refused(tmp_path):
    """The sentence with which a file is refused."""

    def why(text):
        file = tmp_path / "wrong.toml"
        file.write_text(text)
        with pytest.raises(WrongSetting) as wrong:
            settings_of({"scenario": str(file)})
        return str(wrong.value)

    return why


def test_callers_come_at_their_moments_press_what_they_press_and_say_what_they_say(played, application):
    application.says("/voice/", "<Gather input='dtmf speech' numDigits='1' action='/pressed/'/>")
    application.says("/pressed/", "<Gather input='speech' action='/said/'/>")
    application.says("/said/", STAY)
    simulator = played("""
        [[callers]]
        to = ["Support"]
        caller = "+1415555####"
        at = 10
        every = 60
        times = 3
        digits = ["2"]
        says = ["my bill is wrong"]
        hang_up_after = 30
    """)
    simulator.eventually(lambda: [call["over"] for call in simulator.calls()] == [True] * 3)
    assert {asked["Digits"] for asked in application.at("/pressed/")} == {"2"}
    assert {asked["SpeechResult"] for asked in application.at("/said/")} == {"my bill is wrong"}
    calls = simulator.calls()
    assert all(call["from"].startswith("+1415555") and call["ended_by"] == "caller" for call in calls)
    began = [datetime.fromisoformat(call["created_at"]) for call in calls]
    gaps = [(later - earlier).total_seconds() for earlier, later in zip(began, began[1:], strict=False)]
    assert gaps == pytest.approx([60, 60], abs=20)


def test_people_are_as_the_scenario_says_and_change_when_it_says(played, application):
    application.says("/voice/", dial(application, "<Client {}>dana</Client>", timeout="5"))
    application.says("/after/", "<Hangup/>")
    simulator = played("""
        [[people]]
        who = "client:dana"
        persona = "busy line"
        later = [{ at = 100, persona = "agent" }, { at = 200, answer = "no-answer" }]
        again = 300
        [[callers]]
        at = 50
        every = 100
        times = 4
        talks = 10
    """)
    simulator.eventually(lambda: [call["over"] for call in simulator.calls()].count(True) == 8)
    rang = [call["status"] for call in simulator.calls() if call["to"] == "client:dana"]
    assert rang == ["busy", "completed", "no-answer", "busy"]


def test_a_rule_made_by_hand_goes_before_the_scenarios_and_outlives_its_changes(played, application):
    simulator = played("""
        [[people]]
        who = "client:*"
        answer = "busy"
        later = [{ at = 20, answer = "rejects" }]
    """)
    simulator.post("/sim/behaviour", add={"who": "client:dana", "after": 1})
    rules = simulator.eventually(
        lambda: [
            rules
            for rules in [simulator.get("/sim/behaviour")["rules"]]
            if [rule["answer"] for rule in rules] == [None, "rejects"]
        ]
    )
    assert [rule["who"] for rule in rules[0]] == ["client:dana", "client:*"]


def test_a_campaign_meets_people_and_machines(played, application):
    application.says("/voice/", "<Say>This is a reminder.</Say>")
    simulator = played("""
        [[people]]
        who = "+1646555*"
        mix = { voicemail = 1, "cold callee" = 1 }
        [[requests]]
        every = 5
        times = 20
        to = ["+1646555####"]
        [requests.form]
        From = "+15005550100"
        Url = "{application}/voice/"
        MachineDetection = "Enable"
        StatusCallback = "{application}/status/"
        StatusCallbackEvent = ["initiated", "completed"]
    """)
    simulator.eventually(lambda: len(application.statuses()) == 40)
    assert len({call["to"] for call in simulator.calls()}) == 20
    assert {asked["AnsweredBy"] for asked in application.at("/voice/")} == {"human", "machine_start"}
    assert {(asked["method"], asked["status"]) for asked in simulator.asked()} == {("POST", 201)}


def test_a_request_that_is_refused_stands_in_the_debugger(played):
    simulator = played("""
        [[requests]]
        name = "the campaign"
        form = { To = "+16465550100", From = "+19995550100", Url = "{application}/voice/" }
    """)
    (note,) = simulator.eventually(lambda: simulator.truth()["notes"])
    assert note["code"] == 21210 and "the campaign" in note["detail"]


def test_a_live_call_is_transferred_in_the_applications_name(played, application):
    application.says("/voice/", dial(application, "<Client {}>dana</Client>"))
    simulator = played("""
        [[callers]]
        waits = 900
        [[requests]]
        at = 60
        path = "Calls/{call}"
        form = { Twiml = "<Response><Dial>+14155550199</Dial></Response>" }
    """)
    assert simulator.eventually(lambda: [one for one in simulator.calls() if one["to"] == "+14155550199"])
    assert [one["path"].split("/")[-1][:2] for one in simulator.asked()] == ["CA"]


def test_the_application_itself_is_asked(played, application):
    played("""
        [[requests]]
        url = "{application}/campaign/"
        form = { name = "reminders", day = ["mon", "tue"] }
    """).eventually(lambda: application.at("/campaign/"))
    assert application.at("/campaign/")[0]["name"] == "reminders"


def test_after_a_reset_it_is_played_from_its_beginning(played):
    simulator = played("[[callers]]\nat = 5\n")
    first = simulator.eventually(simulator.calls)[0]["sid"]
    simulator.post("/sim/reset", seed=1)
    assert simulator.eventually(simulator.calls)[0]["sid"] == first
    assert len(simulator.get("/sim/scenario")["playing"]) == 1


def test_a_scenario_is_added_to_what_goes_on(twilio, application):
    application.says("/voice/", dial(application, "<Client {}>dana</Client>"))
    twilio.ring(from_=CALLER, to=NUMBER)
    answer = twilio.post("/sim/scenario", name="distressed-caller", to=[NUMBER])
    assert [play["name"] for play in answer["playing"]] == ["distressed-caller"]
    assert set(answer["known"]) == set(names())
    twilio.eventually(lambda: "distressed caller" in [call["persona"] for call in twilio.calls()])
    assert len(twilio.calls()) > 1


def test_one_that_is_stopped_brings_nobody_any_more(twilio, application):
    application.says("/voice/", STAY)
    twilio.post("/sim/scenario", name="tv-spot")
    twilio.eventually(lambda: len(twilio.calls()) > 3)
    assert twilio.post("/sim/scenario", stop="tv-spot")["playing"] == []
    before = twilio.truth()
    assert before["live"] > 0
    let_pass(twilio, 300)
    assert len(twilio.calls()) == len(before["calls"])
    with pytest.raises(AssertionError, match="'tv-spot' is not played; what is: nothing"):
        twilio.post("/sim/scenario", stop="tv-spot")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"name": "busy-tuesday"}, ["busy-tuesday", "busy-monday"]),
        ({"name": "busy-monday"}, ["Menu", NUMBER]),
        ({"name": "tv-spot", "to": ["+1999"]}, ["+1999"]),
        ({"name": "tv-spot", "places": {"moon": "x"}}, ["moon", "application, status, voice"]),
        ({}, ["name"]),
    ],
)
def test_one_that_cannot_be_added_is_refused_and_nothing_starts(twilio, asked, words):
    with pytest.raises(AssertionError, match="400") as refused:
        twilio.post("/sim/scenario", **asked)
    assert all(word in str(refused.value) for word in words)
    assert twilio.get("/sim/scenario")["playing"] == [] == twilio.get("/sim/behaviour")["rules"]


def test_the_same_seed_brings_the_same_callers(played):
    text = """
        [[callers]]
        per_minute = 20
        mix = { "angry caller" = 1, "quick question" = 3 }
        [[callers]]
        burst = 5
        within = 30
        persona = "chatterbox"
        """

    def callers(seed):
        simulator = played(text, seed=seed)
        calls = simulator.eventually(lambda: (calls := simulator.calls()) and len(calls) >= 20 and calls)
        came = sorted((call["sid"], call["from"], call["persona"]) for call in calls)
        return {persona: [call for call in came if call[2] == persona] for *_, persona in came}

    first, again, other = callers("11"), callers("11"), callers("12")
    assert set(first["chatterbox"]) == set(again["chatterbox"]) != set(other["chatterbox"])
    assert set(first["angry caller"]) & set(again["angry caller"])
    assert not set(first["quick question"]) & set(other["quick question"])


def test_generators_beside_one_another_do_not_disturb_one_another(played):
    spot = '[[callers]]\nburst = 10\nwithin = 20\npersona = "chatterbox"\n'
    usual = '[[callers]]\nper_minute = 60\nat_most = 2\npersona = "quick question"\n'

    def from_the_spot(text):
        simulator = played(text)

        def spotted():
            return sorted(call["from"] for call in simulator.calls() if call["persona"] == "chatterbox")

        simulator.eventually(lambda: len(spotted()) == 10)
        return spotted(), [call for call in simulator.calls() if call["persona"] == "quick question"]

    alone, _ = from_the_spot(spot)
    beside, others = from_the_spot(spot + usual)
    assert alone == beside
    assert others


def test_no_more_at_once_than_a_generator_may_bring(played):
    simulator = played('[[callers]]\nper_minute = 600\nat_most = 4\npersona = "chatterbox"\n')
    simulator.eventually(lambda: len(simulator.calls()) == 4)
    let_pass(simulator, 20)
    assert simulator.get("/sim/health")["live"] == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = \n", ["is not TOML", "line 1"]),
        ("", ["The scenario must say title"]),
        ('title = "x"\ncaller = []', ["there is no caller", "callers"]),
        ('title = "x"\n[[callers]]\nper_minute = "many"', ["callers[0].per_minute must be a float, not 'many'"]),
        ('title = "x"\n[[callers]]\nper_hour = 3', ["callers[0]: there is no per_hour", "per_minute"]),
        ('title = "x"\n[[callers]]\nper_minute = 3\nevery = 2', ["callers[0]: every and per_minute cannot be"]),
        ('title = "x"\n[[callers]]\nper_minute = 0', ["callers[0]: per_minute must be greater than 0"]),
        ('title = "x"\n[[callers]]\nwithin = 3', ["callers[0]: within", "no burst"]),
        ('title = "x"\n[[callers]]\ntimes = 3', ["callers[0]: times", "every, per_minute or curve"]),
        ('title = "x"\n[[callers]]\nat = "noon"', ["callers[0].at", '"10:30"', "'noon'"]),
        ('title = "x"\n[[callers]]\ncurve = { 24 = 3 }', ["callers[0]: curve", "from 0 to 23, not 24"]),
        ('title = "x"\n[[callers]]\ncurve = {}', ["callers[0]: curve"]),
        ('title = "x"\n[[callers]]\npersona = "sulky"', ["callers[0]: There is no persona 'sulky'", "angry caller"]),
        ('title = "x"\n[[callers]]\nanswer = "busy"', ["callers[0]: answer", "in people"]),
        ('title = "x"\n[[callers]]\ncaller = "somebody"', ["callers[0]: caller must be such as", "somebody"]),
        ('title = "x"\n[[callers]]\nto = ["Sales"]', ["callers[0].to", "'Sales'", "none"]),
        ('title = "x"\n[[people]]\npersona = "fax"', ["people[0] must say who"]),
        ('title = "x"\n[[people]]\nwho = "*"\nlater = [{ persona = "fax" }]', ["people[0].later[0] must say at"]),
        (
            'title = "x"\n[[people]]\nwho = "*"\nlater = [{ at = 1, persona = "x" }]',
            ["people[0].later[0]: There is no persona 'x'"],
        ),
        ('title = "x"\n[[requests]]\nform = { To = 3 }', ["requests[0]: form.To must be text"]),
        ('title = "x"\n[settings]\nsped = 3', ["settings: there is no sped"]),
        ('title = "x"\n[settings]\nnumbers = []', ["settings: numbers", "place of its own"]),
        ('title = "x"\n[places]\nvoice = "{moon}/voice"', ["{moon}/voice", "names a place that there is not: moon"]),
        ('title = "x"\n[personas.odd]\nconversation = ["he: no"]', ["personas.odd: A turn", "he: no"]),
    ],
)
def test_a_wrong_file_is_refused_in_words(refused, text, words):
    sentence = refused(text)
    assert "wrong.toml" in sentence
    assert all(word in sentence for word in words), sentence


def test_a_file_that_is_not_there_and_a_name_that_is_none():
    with pytest.raises(WrongSetting, match=r"Cannot read .*nowhere\.toml: No such file"):
        read("/tmp/nowhere.toml")
    with pytest.raises(WrongSetting, match="There is no scenario 'tuesday'; there are abusive-caller"):
        read("tuesday")


def test_places_are_filled_in_and_may_be_said_by_one_another():
    numbers = read("tv-spot", {"application": "http://a:1"}).numbers
    assert (numbers[0].voice_url, numbers[0].status_callback) == ("http://a:1/voice", "http://a:1/status")
    assert read("tv-spot", {"voice": "http://b:2/v/#rc=3"}).numbers[0].voice_url == "http://b:2/v/#rc=3"
    assert read("tv-spot").numbers[0].voice_url == "http://127.0.0.1:8000/voice"


def test_what_the_command_line_says_goes_before_the_scenario():
    line = ["--scenario", "tv-spot", "--application", "http://a:1", "--place", "status=http://s:1/", "--seed", "5"]
    settings = read_command_line(line, {})
    assert (settings.scenario, settings.seed) == ("tv-spot", "5")
    assert settings.numbers[0].voice_url == "http://a:1/voice" and settings.numbers[0].status_callback == "http://s:1/"
    settings = read_command_line([*line, "--number", "+15005550999,voice=http://c:3/"], {})
    assert [number.phone_number for number in settings.numbers] == ["+15005550999"]
    with pytest.raises(WrongSetting, match="scenario"):
        read_command_line(["--application", "http://a:1"], {})


def test_a_wrong_scenario_ends_the_program_with_its_sentence():
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "--port", "0", "--scenario", "busy-tuesday"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("simulator: There is no scenario 'busy-tuesday'; there are abusive-caller")


@pytest.mark.parametrize("name", names())
def test_every_scenario_that_comes_with_it_rings_any_application(application, name):
    application.says("/voice", dial(application, "<Client {}>dana</Client>", "<Client {}>ben</Client>", timeout="10"))
    with RunningSimulator(scenario=name, places={"application": application.url}, speed=300) as simulator:
        simulator.eventually(lambda: application.at("/voice"), within=30)
        simulator.eventually(lambda: [call for call in simulator.calls() if call["over"]], within=30)
        assert [note for note in simulator.truth()["notes"] if note["code"] == 0] == []
    assert read(name).about
