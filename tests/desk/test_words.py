"""The pages that a server writes and the desk that a browser draws call the same thing by the same name."""

import json
import subprocess
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from calls.control.policy import PERMISSION
from calls.desk import words
from calls.twilio import twiml
from tests.test_js import NODE

PLAIN = {"held": False, "unverified": False, "healed": False}
LEGS = [
    {"status": status, "role": role, "name": "", "number": "", "ended_at": ended, **PLAIN, **flag}
    for status in words.LEG_WORDS
    for role in ("caller", "agent", "supervisor", "")
    for ended in (None, "2026-11-21T09:00:00.000Z")
    for flag in ({}, {"held": True}, {"unverified": True}, {"healed": True})
]
CALLS = [
    {"status": status, "outcome": outcome, "ended_at": ended, "unverified_since": unverified}
    for status in (*words.STATES, "teleported")
    for outcome in ("", *words.OUTCOMES)
    for ended in (None, "2026-11-21T09:00:00.000Z")
    for unverified in (None, "2026-11-21T09:00:00.000Z")
]
SAYS = """
import * as words from "./static/desk/words.js";
import * as deeds from "./static/desk/deeds.js";
const { legs, calls, states, verbs, texts, you, call } = JSON.parse(process.argv[1]);
console.log(JSON.stringify({
  legs: legs.map((leg) => ["letterOf", "roleOf", "legWord", "legLook", "partyOf"].map((name) => words[name](leg))),
  calls: calls.map((call) => { const { word, icon, look } = words.stateOf(call); return [word, icon, look]; }),
  steps: states.map((state) => deeds.actionWord({ state })),
  verbs: verbs.map((verb) => deeds.verbOf({ verb })),
  fates: deeds.FATES,
  seconds: texts.map(deeds.secondsOf),
  refusals: verbs.map((verb) => words.whyNot(you, verb, call, false)),
}));
"""
TEXTS = ["x", "x" * 13, "We close in ten minutes.", "x" * 999]


@pytest.fixture(scope="module")
def browser() -> dict[str, Any]:
    you = {"teams": {"3": {"name": "Billing", "verbs": ["view"]}}, "unassigned": None}
    call = {"team": 3, "team_name": "Billing", "ended_at": None, "actions": []}
    given = {"legs": LEGS, "calls": CALLS, "states": list(words.STEPS), "verbs": list(words.VERBS), "texts": TEXTS}
    given |= {"you": you, "call": call}
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", SAYS, "--", json.dumps(given)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_calls_legs_and_wishes_are_called_the_same(browser):
    assert browser["calls"] == [list(words.state_of(call)) for call in CALLS]
    assert browser["legs"] == [
        [words.letter_of(leg), words.role_of(leg), words.leg_word(leg), words.leg_look(leg), words.party_of(leg)]
        for leg in LEGS
    ]
    assert browser["steps"] == list(words.STEPS.values())
    assert browser["verbs"] == list(words.VERBS.values())
    assert browser["fates"] == {fate: list(look) for fate, look in words.FATES.items()}


def test_a_text_takes_as_long_as_the_plan_says(browser):
    assert browser["seconds"] == [twiml.how_long(text) for text in TEXTS]


def test_a_button_names_the_permission_as_the_refusal_does(browser, rows):
    named = {right.codename: right.name for right in Permission.objects.filter(content_type__app_label="calls")}
    assert browser["refusals"] == [
        f"You need the permission “{named[PERMISSION[verb]]}” on Billing." for verb in words.VERBS
    ]


def test_a_name_dresses_up_as_no_other():
    shown = words.visible({"name": "Ana\u202e0123", "more": ["a\u2066b\u200ec\u200b", 7, None], "plain": "Wójcik דנה"})
    assert shown == {"name": "Ana\ufffd0123", "more": ["a\ufffdb\ufffdc\ufffd", 7, None], "plain": "Wójcik דנה"}
