"""Kinds of people, by name: what they do when they are rung, what they say, and who hears it while they say it."""

import json
from collections import Counter

import pytest

from simulator.chance import Chance
from simulator.from_json import WrongSetting, build
from simulator.people import manner_of_callee, manner_of_chosen_caller
from simulator.settings import Behaviour, Habits
from simulator.ways import USUAL, Chosen, Persona, Turn, built_in

from .conftest import CALLER, NUMBER, STAY, dial

DICE = Chance("1").dice
TALK = ["me: I have been waiting for forty minutes and nobody helps me", "you: I am sorry to hear that", "hang up"]


def heard(application, **wanted):
    """What a transcription told: the track, whether it was final, and the words."""
    told = [one for one in application.at("/transcription/") if one["TranscriptionEvent"] == "transcription-content"]
    lines = [(one["Track"], one["Final"], json.loads(one["TranscriptionData"])["transcript"]) for one in told]
    return [line for line in lines if wanted.get("final") in (None, line[1])]


@pytest.fixture
def transcribed(twilio, application):
    """A caller who talks with dana while the caller's leg is transcribed; by a Dial, or in a conference."""

    def connect(dialling="<Client {}>dana</Client>", partial=False, **script):
        start = (
            f"<Start><Transcription statusCallbackUrl='{application.url}/transcription/' track='both_tracks'"
            f" partialResults='{str(partial).lower()}'/></Start>"
        )
        application.says("/voice/", start, dial(application, dialling))
        application.says("/after/", "<Hangup/>")
        return twilio.ring(from_=CALLER, to=NUMBER, **script)["sid"]

    return connect


def test_both_halves_of_a_conversation_are_transcribed_in_turn(twilio, application, transcribed):
    sid = transcribed(conversation=TALK)
    twilio.eventually(lambda: twilio.call(sid)["over"] and len(heard(application)) == 2)
    assert heard(application) == [
        ("inbound_track", "true", "I have been waiting for forty minutes and nobody helps me"),
        ("outbound_track", "true", "I am sorry to hear that"),
    ]
    assert twilio.call(sid)["ended_by"] == "caller"


def test_what_is_being_said_is_told_piece_by_piece(twilio, application, transcribed):
    sid = transcribed(partial=True, conversation=TALK[:1])
    twilio.eventually(lambda: heard(application, final="true"))
    twilio.hang_up(sid)
    assert [words for *_, words in heard(application)] == [
        "I have been waiting",
        "I have been waiting for forty minutes and",
        "I have been waiting for forty minutes and nobody helps me",
    ]


def test_on_hold_nobody_talks_and_afterwards_they_go_on(twilio, application, client):
    application.says("/voice/", "<Dial><Conference endConferenceOnExit='true'>room</Conference></Dial>")
    talk = ["me: one", "pause: 30", "me: two", "me: three"]
    caller = twilio.ring(from_=CALLER, to=NUMBER, conversation=talk)["sid"]
    room = twilio.eventually(lambda: client.conferences.list(status="init"))[0]
    room.participants.create(from_=NUMBER, to="client:dana")
    twilio.eventually(lambda: len(twilio.call(caller)["said"]) == 1)
    room.participants(caller).update(hold=True)
    twilio.eventually(lambda: not twilio.call(caller)["connected"])
    assert [one["text"] for one in twilio.call(caller)["said"]] == ["one"]
    room.participants(caller).update(hold=False)
    twilio.eventually(lambda: len(twilio.call(caller)["said"]) == 3)
    assert [one["text"] for one in twilio.call(caller)["said"]] == ["one", "two", "three"]


def test_of_two_who_have_a_script_one_follows_the_others(twilio, application, transcribed):
    twilio.post("/sim/behaviour", add={"who": "client:dana", "conversation": ["me: mine", "me: mine", "me: mine"]})
    sid = transcribed(conversation=TALK)
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert "mine" not in [words for *_, words in heard(application)]


def test_an_ai_agent_hears_the_callers_half(twilio, application, sockets):
    application.says("/voice/", f"<Connect><ConversationRelay url='{sockets.url}'/></Connect>")
    sid = twilio.ring(from_=CALLER, to=NUMBER, says=["hello"], conversation=TALK)["sid"]
    for words in ("hello", TALK[0].removeprefix("me: ")):
        prompt = twilio.eventually(lambda words=words: [p for p in sockets.of("prompt") if p["voicePrompt"] == words])
        assert prompt[0]["last"]
        sockets.say(type="text", token="I see.", last=True)
    twilio.eventually(lambda: twilio.call(sid)["over"])
    assert twilio.call(sid)["ended_by"] == "caller"


def test_who_thinks_longer_than_the_prompt_waits_is_not_heard(twilio, application):
    application.says("/voice/", "<Gather timeout='4' numDigits='1' action='/after/'/>", STAY)
    application.says("/after/", STAY)
    slow = twilio.ring(from_=CALLER, to=NUMBER, digits=["1"], thinks=40)["sid"]
    quick = twilio.ring(from_="+14155550124", to=NUMBER, digits=["2"], thinks=[0, 1])["sid"]
    twilio.eventually(lambda: application.at("/after/") and twilio.call(slow)["heard"])
    assert [(asked["CallSid"], asked["Digits"]) for asked in application.at("/after/")] == [(quick, "2")]


@pytest.mark.parametrize(
    ("persona", "seen"),
    [
        ("agent who is away", {"status": "no-answer", "persona": "agent who is away"}),
        ("busy line", {"status": "busy"}),
        ("agent who declines", {"status": "busy"}),
        ("agent", {"status": "in-progress", "persona": "agent"}),
    ],
)
def test_who_is_rung_behaves_as_their_persona_does(twilio, application, client, persona, seen):
    twilio.post("/sim/behaviour", rules=[{"who": "client:dana", "persona": persona}])
    call = client.calls.create(
        to="client:dana", from_=NUMBER, timeout=5, twiml="<Response><Pause length='3600'/></Response>"
    )
    twilio.eventually(lambda: twilio.call(call.sid)["status"] == seen["status"])
    assert seen.items() <= twilio.call(call.sid).items()


@pytest.mark.parametrize(("persona", "verdict"), [("voicemail", "machine_start"), ("fax", "fax")])
def test_detection_finds_the_machine_in_the_persona(twilio, application, client, persona, verdict):
    twilio.post("/sim/behaviour", rules=[{"who": "*", "persona": persona}])
    call = client.calls.create(
        to="+14155550188", from_=NUMBER, machine_detection="Enable", url=f"{application.url}/voice/"
    )
    (asked,) = twilio.eventually(lambda: application.at("/voice/"))
    assert (asked["CallSid"], asked["AnsweredBy"]) == (call.sid, verdict)


def test_a_machine_greets_whoever_calls(twilio, application, client):
    twilio.post("/sim/behaviour", rules=[{"who": "*", "persona": "voicemail", "after": 1}])
    start = f"<Start><Transcription statusCallbackUrl='{application.url}/transcription/'/></Start>"
    twiml = f"<Response>{start}<Pause length='60'/></Response>"
    call = client.calls.create(to="+14155550188", from_=NUMBER, twiml=twiml)
    (line,) = twilio.eventually(lambda: heard(application))
    assert line[:2] == ("inbound_track", "true") and "leave a message after the tone" in line[2]
    assert [one["text"] for one in twilio.call(call.sid)["said"]] == [line[2]]


def test_the_kinds_that_have_a_name_can_be_asked_for(twilio):
    assert twilio.get("/sim/personas") == {name: persona.about for name, persona in built_in().items()}


def test_the_angry_caller_asks_for_the_manager_and_hangs_up(twilio, application, transcribed):
    sid = transcribed(persona="angry caller", talks=900)
    twilio.eventually(lambda: twilio.call(sid)["over"])
    said = " ".join(one["text"] for one in twilio.call(sid)["said"])
    assert all(word in said for word in ("ridiculous", "furious", "manager", "lawyer"))
    assert twilio.call(sid)["persona"] == "angry caller"


def test_of_a_mix_everybody_comes_by_weight():
    mix = Chosen(mix={"voicemail": 3, "fax": 1, USUAL: 0})
    rule = Behaviour("*", mix=mix.mix)
    manners = [manner_of_callee("+1", Habits(), [rule], DICE(n)) for n in range(1000)]
    shares = Counter(manner.persona for manner in manners)
    assert shares["voicemail"] / 1000 == pytest.approx(0.75, abs=0.05) and shares[USUAL] == 0
    assert {manner.answered_by for manner in manners} == {"machine", "fax"}


def test_what_is_said_besides_goes_before_the_persona():
    chosen = Chosen(persona="angry caller", digits=["7"], waits=(3.0, 4.0))
    manner = manner_of_chosen_caller(chosen, Habits(), DICE("x"))
    assert manner.digits == ("7",) and 3 <= manner.waits <= 4
    assert manner.says == tuple(built_in()["angry caller"].says)


def test_an_agent_who_misses_calls_misses_about_half():
    rule = Behaviour("client:*", persona="agent who misses calls")
    answers = Counter(manner_of_callee("client:dana", Habits(), [rule], DICE(n)).answer for n in range(1000))
    assert answers["no-answer"] / 1000 == pytest.approx(0.5, abs=0.05) and set(answers) == {"answers", "no-answer"}


def test_the_usual_person_has_the_habits_of_the_others():
    habits = Habits(caller_talk_seconds=(7, 7), machine=1)
    assert manner_of_chosen_caller(Chosen(persona=USUAL), habits, DICE("x")).talks == 7
    rule = Behaviour("*", persona=USUAL, after=2)
    callee = manner_of_callee("+1", habits, [rule], DICE("x"))
    assert (callee.answered_by, callee.after) == ("machine", 2)


@pytest.mark.parametrize("name", sorted(built_in()))
def test_every_persona_says_who_they_are_and_comes_to_an_end(name):
    persona = built_in()[name]
    assert persona.about
    calls_or_is_rung = manner_of_chosen_caller(Chosen(persona=name), Habits(), DICE(name))
    spells = (calls_or_is_rung.talks, calls_or_is_rung.waits, calls_or_is_rung.hang_up_after)
    # Who works there stays until the caller has gone.
    assert any(spells) or persona.one_call or persona.answer in ("busy", "no-answer", "rejects")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"persona": "sulky caller"}, ["sulky caller", "angry caller"]),
        ({"mix": {"angry caller": 1, "sulky": 1}}, ["sulky"]),
        ({"mix": {"angry caller": -1}}, ["call: mix must be weights"]),
        ({"mix": {"angry caller": 0}}, ["not all 0"]),
        ({"persona": "fax", "mix": {"fax": 1}}, ["persona and mix"]),
        ({"talks": [9, 3]}, ["call.talks", "the smaller first"]),
        ({"talks": ["a", "b"]}, ["call.talks", "two numbers"]),
        ({"talks": "long"}, ["call.talks", "number of seconds"]),
        ({"conversation": ["them: hello"]}, ["call: A turn", "me: words", "them: hello"]),
        ({"conversation": ["pause: long"]}, ["pause: long"]),
        ({"conversation": "me: hello"}, ["call.conversation must be a list"]),
        ({"conversation": ["me:"]}, ["me:"]),
        ({"misses": 0.5}, ["misses"]),
    ],
)
def test_somebody_who_cannot_be_is_refused_in_words(twilio, given, words):
    with pytest.raises(AssertionError, match="400") as refused:
        twilio.ring(from_=CALLER, to=NUMBER, **given)
    assert all(word in str(refused.value) for word in words)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"who": "*", "persona": "sulky"}, "There is no persona 'sulky'"),
        ({"who": "*", "answered_by": "dog"}, "rule: answered_by must be one of human, machine"),
        ({"who": "*", "misses": 2}, "misses must be from 0 to 1"),
        ({"persona": "fax"}, "rule must say who"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(twilio, rule, words):
    with pytest.raises(AssertionError, match="400") as refused:
        twilio.post("/sim/behaviour", add=rule)
    assert words in str(refused.value)


def test_turns_are_read_as_they_are_written():
    assert Turn.read("me: Hello: you there?") == Turn("me", "Hello: you there?")
    assert [Turn.read(line).what for line in ("pause: 2.5", "press: 1#", "hang up", "again")] == [
        "pause",
        "press",
        "hang up",
        "again",
    ]
    with pytest.raises(WrongSetting, match="hang up: now"):
        build(Persona, {"conversation": ["hang up: now"]})
