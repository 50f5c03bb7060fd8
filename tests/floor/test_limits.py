"""Alarms by the second: every sequence of `alarms.toml`, on a clock that only this file winds."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.floor.limits import CALM, Limit, Seen, Severity, ack, news, snooze, step

SEQUENCES = tomllib.loads(Path(__file__).with_name("alarms.toml").read_text())["sequence"]
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ROUND = 0.5


def at(second):
    return START + timedelta(seconds=second)


def seen(sequence, second):
    """What there is to see then; None if there is nothing."""
    if "level" in sequence:
        value = [value for since, value in sequence["level"] if since <= second][-1]
        return None if value == "gone" else Seen(value)
    counted = "number" in sequence
    there = sorted(at(come) for come, go in sequence["number" if counted else "time"] if come <= second < go)
    if counted:
        return Seen.number(tuple(there))
    return Seen.time(there[0], at(second)) if there else None


def limit(sequence, second):
    values = [values for since, values in sequence.get("limits", []) if since <= second]
    found = values[-1] if values else sequence["limit"]
    return Limit(**found) if found else None


def said(sequence, second, state):
    for when, _, *minutes in sequence.get("desk", []):
        if when == second:
            state = snooze(state, at(second) + timedelta(minutes=minutes[0])) if minutes else ack(state, at(second))
    return state


def play(sequence):
    """(what was told and when, the seconds at which it was loud)."""
    moments = [moment for one in ("number", "time") for pair in sequence.get(one, []) for moment in pair]
    end = max([*moments, *(since for since, _ in sequence.get("level", []))]) + 10
    told, loud, state = [], [], CALM
    for second in (n * ROUND for n in range(int(end / ROUND))):
        if any(gone <= second < back for gone, back in sequence.get("away", [])):
            continue
        before, state = state, step(state, seen(sequence, second), limit(sequence, second), at(second))
        if word := news(before, state):
            told.append([second, word])
        state = said(sequence, second, state)
        loud += [second] if state.loud else []
    return told, loud


@pytest.mark.parametrize("sequence", SEQUENCES, ids=[sequence["says"] for sequence in SEQUENCES])
def test_an_alarm_tells_at_the_second(sequence):
    told, loud = play(sequence)
    assert told == sequence["tells"]
    if "loud" in sequence:
        pairs = zip(sequence["loud"][::2], sequence["loud"][1::2], strict=True)
        assert loud == [n * ROUND for first, last in pairs for n in range(int(first / ROUND), int(last / ROUND) + 1)]


def test_there_are_thirty_sequences_at_least():
    assert len(SEQUENCES) >= 30


def test_it_is_worse_since_the_mark_was_reached_and_not_since_somebody_looked():
    state = step(CALM, Seen.time(START, at(100)), Limit(red=60), at(100))
    assert (state.severity, state.since) == (Severity.RED, at(60))
