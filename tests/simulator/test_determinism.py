"""The same settings, seed and virtual clock: the same requests to the application, to the byte."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from simulator.rehearsal import rehearse

from . import desk
from .conftest import NUMBER

ROOT = Path(__file__).resolve().parents[2]
FAULTS = {"callbacks": {"late": 0.1, "doubled": 0.1, "reordered": 0.1, "lost": 0.05}}


def busy(url: str, **settings: object) -> dict[str, object]:
    """A lively line whose callbacks go astray."""
    return {
        "numbers": [{"phone_number": NUMBER, "voice_url": f"{url}/voice/", "status_callback": f"{url}/end/"}],
        "base_url": "http://simulator.invalid",
        "traffic": {"calls_per_minute": 20},
        "habits": {"busy": 0.1, "no_answer": 0.1, "gives_up": 0.2, "callee_talks": 0.3, "digits": ["1", "2", "3"]},
        "faults": FAULTS,
        **settings,
    }


@pytest.fixture
def application(application):
    """The desk's own answers, over HTTP."""
    for path in ("/menu/", *desk.PLAIN):
        application.does(path, lambda asked: desk.answer(asked.path, asked.params))
    return application


@pytest.fixture
def log_of(application, tmp_path):
    """What the program writes down in five minutes, as bytes."""

    def run(name: str, **settings: object) -> bytes:
        config, log = tmp_path / f"{name}.json", tmp_path / f"{name}.jsonl"
        config.write_text(json.dumps(busy(application.url, **{"seed": "1", **settings})))
        arguments = ["--port", "0", "--config", config, "--speed", "max", "--for", "300", "--log", log]
        subprocess.run(
            [sys.executable, "-m", "simulator", *map(str, arguments)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": str(len(name))},
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=120,
        )
        return log.read_bytes()

    return run


def test_two_processes_write_the_same_log_and_another_seed_another_one(log_of):
    first = log_of("first")
    assert log_of("second one") == first
    assert log_of("third", seed="2") != first
    lines = [json.loads(line) for line in first.splitlines()]
    met = Counter(fault for line in lines for fault in line["faults"])
    assert set(met) == {"late", "doubled", "reordered", "lost"} and len(lines) > 200
    assert {line["outcome"] for line in lines} == {"delivered", "lost"}


def test_no_answer_takes_time_and_every_line_stands_at_the_moment_of_its_question(log_of):
    for line in map(json.loads, log_of("log").splitlines()):
        assert line["at"] >= "2026-01-05T09:00:00"
        assert all(attempt["milliseconds"] == 0 and attempt["at"] <= "2026-01-05T09:05" for attempt in line["attempts"])


def test_a_rehearsal_is_the_same_every_time_and_has_a_bit_of_everything():
    def rehearsal(**settings: object) -> list[str]:
        return rehearse(desk.rehearsed, seconds=600, **busy("http://desk.invalid", **settings))

    lines = rehearsal()
    assert rehearsal() == lines
    assert rehearsal(seed=2) != lines
    purposes = {json.loads(line)["purpose"] for line in lines}
    assert {"voice", "call-progress", "conference", "queue-wait", "recording", "number-status"} <= purposes


def test_the_application_of_a_rehearsal_may_fail():
    lines = rehearse(lambda asked: "<Response><Dial/>", seconds=300, **busy("http://desk.invalid", faults={}))
    assert {json.loads(line)["purpose"] for line in lines} == {"voice", "number-status"}


def test_what_the_application_of_a_rehearsal_raises_ends_it_and_says_where(capfd):
    asked_after = []

    def application(asked):
        asked_after.append(asked)
        return {}["agent"]

    with pytest.raises(KeyError, match="agent") as failed:
        rehearse(application, seconds=300, **busy("http://desk.invalid", faults={}))
    (about,) = failed.value.__notes__
    sid = asked_after[0].form["CallSid"]
    assert about == f"The application failed at POST http://desk.invalid/voice/, asked about {sid}."
    assert len(asked_after) == 1 and "simulator fault" not in "".join(capfd.readouterr())


def test_a_scenario_is_the_same_day_every_time():
    def monday(seed: str) -> list[str]:
        places = {"voice": "http://desk.invalid/voice/"}
        return rehearse(desk.rehearsed, seconds=900, scenario="busy-monday", places=places, seed=seed)

    lines = monday("1")
    assert monday("1") == lines and len(lines) > 500
    assert monday("2") != lines
