"""Scenarios on the virtual clock: hours in seconds, and the same seed tells the application the same, to the byte."""

import json
from collections import Counter
from urllib.parse import urlsplit

import pytest

from simulator.rehearsal import rehearse
from simulator.scenario import names

TRANSCRIBED = '<Start><Transcription statusCallbackUrl="/transcription/" partialResults="true"/></Start>'


def answer(asked):
    """A line that is transcribed, with an agent of their own for every twentieth caller."""
    if urlsplit(asked.url).path != "/voice":
        return ""
    if asked.form["Direction"] == "outbound-api":
        return "<Response><Gather numDigits='1'><Say>This is a reminder.</Say></Gather></Response>"
    agent = int(asked.form["CallSid"][2:6], 16) % 20
    return f"<Response>{TRANSCRIBED}<Dial timeout='20'><Client>agent{agent}</Client></Dial></Response>"


def played(name, seconds, **settings):
    places = {"application": "http://application.example"}
    return rehearse(answer, seconds=seconds, scenario=name, places=places, **settings)


@pytest.mark.parametrize("name", names())
def test_the_same_scenario_and_seed_are_the_same_to_the_byte(name):
    first = played(name, 400)
    assert first == played(name, 400)
    assert first != played(name, 400, seed="another")


def test_a_distressed_caller_can_be_heard_getting_worse():
    said = [
        json.loads(asked["params"]["TranscriptionData"])["transcript"]
        for asked in map(json.loads, played("distressed-caller", 600))
        if asked["params"].get("Final") == "true" and asked["params"]["Track"] == "inbound_track"
    ]
    order = [
        next(place for place, line in enumerate(said) if words in line) for words in ("a letter", "not slept", "end it")
    ]
    assert order == sorted(order)


def test_a_campaign_has_its_people_and_its_machines():
    asked = [json.loads(line)["params"] for line in played("voicemail-campaign", 1800)]
    met = Counter(params["AnsweredBy"] for params in asked if "AnsweredBy" in params)
    assert met["machine_end_beep"] > met["human"] > met["fax"] > 0
